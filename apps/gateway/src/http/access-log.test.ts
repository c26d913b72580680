import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { Exchange } from '../pipeline/exchange.js';
import { createAccessLog } from './access-log.js';

let lines: string[];
beforeEach(() => {
  lines = [];
});
const destination = { write: (line: string) => lines.push(line) };

function exchange(target: string): Exchange {
  const request = {
    method: 'GET',
    url: target,
    rawHeaders: ['activityid', 'trace-0001', 'Authorization', 'Bearer hunter2'],
    socket: { remoteAddress: '127.0.0.1' },
  };
  const made = new Exchange(request as unknown as IncomingMessage, {} as ServerResponse, 'https');
  made.status = 401;
  made.fault = 'invalidCredentials';
  return made;
}

describe('the access log', () => {
  it('writes one JSON line without query, header or token', () => {
    createAccessLog({ level: 'info', format: 'json', destination }).write(exchange('/pets/1?access_token=hunter2'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      name: 'access',
      correlationId: 'trace-0001',
      method: 'GET',
      path: '/pets/1',
      status: 401,
      fault: 'invalidCredentials',
    });
    expect(lines[0]).not.toContain('hunter2');
  });

  it('keeps a hostile path inside its quotes', () => {
    createAccessLog({ level: 'info', format: 'json', destination }).write(exchange('/a"\n{"level":"fatal"}'));
    expect(lines[0]?.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ path: '/a"\n{"level":"fatal"}' });
    lines.length = 0;
    createAccessLog({ level: 'info', format: 'pretty', destination }).write(exchange('/a\n\u001b[31m'));
    expect(lines[0]?.trimEnd()).toMatch(/^[ -~]+$/);
  });

  it('is silent above the level info', () => {
    createAccessLog({ level: 'warn', format: 'json', destination }).write(exchange('/'));
    expect(lines).toEqual([]);
  });
});
