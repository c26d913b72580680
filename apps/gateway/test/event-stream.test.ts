import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { waitUntil } from '@keygate/common/testing';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { demoApi } from './support/demo-catalog.js';
import { startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
let backend: Server;
/** The stream under way. */
let stream: ServerResponse | undefined;

beforeAll(async () => {
  backend = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    stream = response;
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  bed = await startTestBed();
  const resource = {
    target: '/events',
    authType: AuthType.AUTH_TYPE_ANY,
    scopes: ['read'],
    throttlingTier: 'Unlimited',
  };
  const api = demoApi(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`, {
    id: 'api-2',
    type: 'SSE',
    effectiveContext: '/news/1.0.0',
    subscriptionRequired: false,
    resources: [{ ...resource, verb: 'SUBSCRIBE' }],
  });
  bed.keyManager.change({ $case: 'api', api });
  bed.keyManager.grant('t');
  await waitUntil(async () => (await bed.call(undefined, '/news/1.0.0/events')).status === 401);
});

afterAll(async () => {
  backend.closeAllConnections();
  backend.close();
  await bed.stop();
});

const path = '/news/1.0.0/events';
const headers = { authorization: 'Bearer t' };

function overHttp1(): Promise<{ readonly status: number; readonly body: Readable }> {
  return new Promise((resolve, reject) => {
    const options = { headers, rejectUnauthorized: false, agent: false } as const;
    request(bed.urls.https + path, options, (answer) => resolve({ status: answer.statusCode ?? 0, body: answer }))
      .on('error', reject)
      .end();
  });
}

function overHttp2(): Promise<{ readonly status: number; readonly body: Readable }> {
  const session = connect(bed.urls.https, { rejectUnauthorized: false });
  const call = session.request({ ':path': path, ...headers });
  call.on('close', () => session.close());
  return new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (answer) => resolve({ status: Number(answer[':status']), body: call }));
  });
}

it.each([
  ['HTTP/1.1', overHttp1],
  ['HTTP/2', overHttp2],
])('events go out over TLS and %s as they come: the head first, then one by one', async (_, open) => {
  stream = undefined;
  const { status, body } = await open();
  expect(status).toBe(200);
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    const next = new Promise((resolve) => body.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    (stream as unknown as ServerResponse).write(event);
    expect(await next).toBe(event);
  }
  const over = new Promise((resolve) => body.once('end', resolve));
  body.resume();
  (stream as unknown as ServerResponse).end();
  await over;
});
