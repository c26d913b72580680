import type { Server } from 'node:http';
import { type ClientHttp2Session, connect, createServer } from 'node:http2';
import { waitUntil } from '@keygate/common/testing';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { startTestGateway, type TestGateway } from './test/gateway.js';
import { FrameClient } from './test/http2-frames.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;
let session: ClientHttp2Session;

beforeAll(async () => {
  backend = await RecordingBackend.start((received, socket) => {
    const last = received.slice(received.lastIndexOf(' /'));
    if (last.includes('/slow')) return;
    if (last.includes('/cut')) socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    else socket.write(ok('hello', ['Set-Cookie: a=1', 'Set-Cookie: b=2', 'Connection: keep-alive']));
  });
  const open = { authType: AuthType.AUTH_TYPE_NONE };
  const api = anApi({
    effectiveContext: '/api',
    productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
    resources: [
      aResource('GET /open', open),
      aResource('POST /open', open),
      aResource('POST /slow', open),
      aResource('GET /cut', open),
      aResource('GET /pets', { scopes: ['read'] }),
    ],
  });
  gateway = await startTestGateway(catalogOf({ apis: [api] }), { server: () => createServer() as unknown as Server });
  session = connect(`http://127.0.0.1:${gateway.port}`);
});

afterAll(async () => {
  session.destroy();
  await gateway.stop();
  await backend.stop();
});

function send(headers: Record<string, string | string[]>, body?: string) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let answer: Record<string, unknown> = {};
    let text = '';
    stream.on('response', (received) => {
      answer = received;
    });
    stream.on('data', (chunk) => {
      text += chunk.toString();
    });
    stream.on('error', reject);
    stream.on('end', () => resolve({ status: Number(answer[':status']), headers: answer, body: text }));
    if (body !== undefined) stream.end(body);
  });
}

it('serves HTTP/2 clients: no pseudo headers behind, one cookie line, host from the authority', async () => {
  const answer = await send({ ':path': '/api/open?x', cookie: ['a=1', 'b=2'], te: 'trailers' });
  expect(answer).toMatchObject({ status: 200, body: 'hello', headers: { 'set-cookie': ['a=1', 'b=2'] } });
  expect(backend.requestLines).toEqual(['GET /open?x HTTP/1.1']);
  expect(backend.received).not.toMatch(/^:/m);
  expect(backend.header('cookie')).toEqual(['a=1; b=2']);
  expect(backend.header('x-forwarded-host')).toEqual([`127.0.0.1:${gateway.port}`]);
  expect(backend.header('transfer-encoding')).toEqual([]);
});

it('frames the body of an HTTP/2 request anew', async () => {
  const before = backend.received.length;
  expect((await send({ ':method': 'POST', ':path': '/api/open' }, 'some body')).status).toBe(200);
  expect(backend.received.slice(before)).toMatch(/transfer-encoding: chunked\r\n(?:.*\r\n)*9\r\nsome body\r\n0\r\n/i);
});

it('writes faults to HTTP/2 clients, and takes a token from them', async () => {
  const refused = await send({ ':path': '/api/pets' });
  expect([refused.status, JSON.parse(refused.body)]).toMatchObject([401, { code: '900902' }]);
  expect(refused.headers['www-authenticate']).toBe('Bearer realm="Keygate"');
  expect((await send({ ':path': '/api/pets', authorization: 'Bearer good' })).status).toBe(200);
  expect((await send({ ':path': '/api//pets' })).status).toBe(400);
  expect((await send({ ':path': '/api/open', ':authority': 'a.test', host: 'b.test' })).status).toBe(400);
});

describe('what is cut off', () => {
  const post = { ':method': 'POST', ':scheme': 'http', ':authority': 'gateway.test', ':path': '/api/slow' };

  it.each<[string, (client: FrameClient) => unknown]>([
    ['a reset with CANCEL', (client) => client.reset(8)],
    ['a reset with NO_ERROR', (client) => client.reset(0)],
    ['the end of the connection', (client) => client.socket.destroy()],
  ])('by the client in its body, by %s, is never passed off as complete', async (_, leave) => {
    const client = new FrameClient(gateway.port);
    client.headers(post);
    client.data('part');
    const connection = await waitUntil(
      () => backend.connections.find(({ received, closed }) => !closed && received.includes('part')),
      { timeoutMillis: 5_000 },
    );
    leave(client);
    await waitUntil(() => connection.closed, { timeoutMillis: 5_000 });
    expect(connection.received).toMatch(/part(?:\r\n)?$/);
    client.socket.destroy();
  });

  it('by the backend is a stream error for the client', async () => {
    const stream = session.request({ ':path': '/api/cut' });
    stream.resume();
    const error = await new Promise<unknown>((resolve) => stream.on('error', resolve));
    expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
    expect(stream.rstCode).toBe(2);
  });
});
