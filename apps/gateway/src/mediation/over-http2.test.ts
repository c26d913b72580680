import type { Server } from 'node:http';
import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../proxy/test/recording-backend.js';
import { aPolicy, type MediatedGateway, sets, startMediated } from './test/mediated-gateway.js';

const content = { content: { 'application/json': { schema: { type: 'object', required: ['name'] } } } };
const operation = { requestBody: content, responses: { 200: content } };
const validatedBy = JSON.stringify({
  openapi: '3.0.1',
  info: {},
  paths: { '/open': { get: { responses: operation.responses }, post: operation } },
});

let world: MediatedGateway;
let session: ClientHttp2Session;
let body = '{"name":"Rex"}';

beforeEach(async () => {
  body = '{"name":"Rex"}';
  world = await startMediated(
    { validatedBy, cacheSeconds: 60, request: [aPolicy('jsonToXML')], response: [sets('X-Answer', 'yes')] },
    {
      answer: (_, socket) => void socket.write(ok(body, ['Content-Type: application/json'])),
      server: () => createServer() as unknown as Server,
      api: {
        resources: ['GET', 'POST'].map((verb) => ({
          verb,
          target: '/open',
          authType: 1,
          scopes: [],
          throttlingTier: '',
        })),
      },
    },
  );
  session = connect(`http://127.0.0.1:${world.gateway.port}`);
});
afterEach(async () => {
  session.destroy();
  await world.stop();
});

function call(method: string, sent?: string): Promise<{ headers: IncomingHttpHeaders; text: string }> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': method,
      ':path': '/petstore/1.0.0/open',
      ...(sent !== undefined && { 'content-type': 'application/json' }),
    });
    let headers: IncomingHttpHeaders = {};
    let text = '';
    stream.on('response', (got) => {
      headers = got;
    });
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
    });
    stream.on('end', () => resolve({ headers, text }));
    stream.on('error', reject);
    stream.end(sent);
  });
}

describe('over HTTP/2', () => {
  it('bodies are read, converted and checked', async () => {
    const answer = await call('POST', '{"name":"Rex"}');
    expect(answer.headers).toMatchObject({ ':status': 200, 'x-answer': 'yes' });
    expect(answer.text).toBe(body);
    expect(world.backend.received).toContain('<jsonObject><name>Rex</name></jsonObject>');
    expect((await call('POST', '{}')).headers[':status']).toBe(400);
    expect(world.budget.held).toBe(0);
  });

  it('answers are held until they have been looked at, and kept', async () => {
    body = '{}';
    const refused = await call('GET');
    expect(refused.headers[':status']).toBe(500);
    expect(refused.text).toContain('Schema validation failed in the Response');
    body = '{"name":"Rex"}';
    expect((await call('GET')).text).toBe(body);
    const again = await call('GET');
    expect(again).toMatchObject({ headers: { ':status': 200, age: '0', 'x-answer': 'yes' }, text: body });
    const head = await call('HEAD');
    expect(head).toMatchObject({ headers: { ':status': 200, 'content-length': String(body.length) }, text: '' });
    expect(world.backend.requestLines).toHaveLength(2);
  });
});
