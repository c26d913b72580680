import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { EventScanner, limitEvents } from './event-stream.js';

const stream = 'data: 1\n\n: still here\n\ndata: 2\ndata: more\n\r\n\rid: 3\rdata: 3\r\rdata: 4\r\n\r\n';

it('events are found, however the stream is cut into pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      const scanner = new EventScanner();
      let events = 0;
      let from = 0;
      for (const end of [...cuts.sort((a, b) => a - b), stream.length]) {
        const part = Buffer.from(stream.slice(from, end));
        expect(scanner.scan(part, () => ++events > 0)).toBe(part.length);
        from = end;
      }
      expect(events).toBe(4);
    }),
    { numRuns: 200 },
  );
});

let server: Server | undefined;
afterEach(() => server?.close());

it.each([
  [0, ''],
  [1, 'data: 1\n\n: still here\n\n'],
  [2, 'data: 1\n\n: still here\n\ndata: 2\ndata: more\n\r\n\r'],
  [9, stream],
])('a quota of %i events ends the stream behind the last of them', async (quota, expected) => {
  let left = quota;
  let closed = false;
  server = createServer((_, response) => {
    response.on('close', () => {
      closed = true;
    });
    limitEvents(response, () => left-- > 0);
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    for (const line of stream.match(/[^\n\r]*[\n\r]/g) ?? []) response.write(line);
    if (quota > 4) response.end();
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect([answer.status, await answer.text()]).toEqual([200, expected]);
  expect(closed).toBe(true);
});
