import type { Server } from 'node:http';
import { createServer } from 'node:http2';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { startTestGateway, type TestGateway } from './test/gateway.js';
import { type Fields, FrameClient } from './test/http2-frames.js';
import { RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await RecordingBackend.start();
  const open = { authType: AuthType.AUTH_TYPE_NONE };
  const api = anApi({
    effectiveContext: '/open',
    productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
    resources: ['GET /*', 'POST /*'].map((resource) => aResource(resource, open)),
  });
  gateway = await startTestGateway(catalogOf({ apis: [api] }), { server: () => createServer() as unknown as Server });
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

const pseudo: Fields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', 'a.test'],
  [':path', '/open/x'],
];
const but = (name: string, ...values: string[]): Fields =>
  pseudo.flatMap(([known, value]) =>
    known === name ? values.map((other) => [name, other] as const) : [[known, value] as const],
  );
const hidden = 'GET /open/hidden HTTP/1.1\r\nHost: x\r\n\r\n';

/** The status of the answer, or that the stream or the connection was ended. */
async function send(fields: Fields, body?: string): Promise<string> {
  const client = new FrameClient(gateway.port);
  client.headers(fields, body === undefined);
  if (body !== undefined) client.data(body, true);
  const outcome = await client.outcome;
  client.socket.destroy();
  return outcome;
}

it('an ordinary request is answered', async () => {
  expect(await send([...pseudo, ['x-a', 'b']], 'some body')).toBe('200');
  expect(backend.received).toContain('x-a: b\r\n');
});

describe('what would mean another request in HTTP/1.1', () => {
  it.each<[string, Fields]>([
    ['an upper-case name', [...pseudo, ['X-A', 'b']]],
    ['a line end in the path', but(':path', `/open/x HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`)],
    ['a blank in the path', but(':path', '/open/x HTTP/1.1')],
    ['a fragment in the path', but(':path', '/open/x#y')],
    ['a path in absolute form', but(':path', 'http://evil.test/open/x')],
    ['a path that is an asterisk', but(':path', '*')],
    ['an empty path', but(':path', '')],
    ['two paths', but(':path', '/open/x', '/open/hidden')],
    ['no path', but(':path')],
    ['two methods', but(':method', 'GET', 'POST')],
    ['a method with a line end', but(':method', `GET /open/hidden HTTP/1.1\r\nHost: x\r\n\r\nPOST`)],
    ['a method with a blank', but(':method', 'GET /open/hidden HTTP/1.1')],
    ['two schemes', but(':scheme', 'http', 'https')],
    ['two authorities', but(':authority', 'a.test', 'b.test')],
    ['an authority with a user', but(':authority', 'user@a.test')],
    ['an authority with a path', but(':authority', 'a.test/open')],
    ['an authority with a line end', but(':authority', `a.test\r\n\r\n${hidden}`)],
    ['another host than the authority', [...pseudo, ['host', 'b.test']]],
    ['a pseudo header behind others', [['x-a', 'b'], ...pseudo]],
    ['a pseudo header that is none', [...pseudo, [':hidden', 'b']]],
    ['Connection', [...pseudo, ['connection', 'x-a']]],
    ['Transfer-Encoding', [...pseudo, ['transfer-encoding', 'chunked']]],
    ['Upgrade', [...pseudo, ['upgrade', 'websocket']]],
    ['Keep-Alive', [...pseudo, ['keep-alive', 'timeout=5']]],
    ['Proxy-Connection', [...pseudo, ['proxy-connection', 'keep-alive']]],
    ['TE with anything but trailers', [...pseudo, ['te', 'gzip']]],
    ['two lengths', [...pseudo, ['content-length', '5'], ['content-length', '6']]],
    ['a length that is none', [...pseudo, ['content-length', '5, 5']]],
    ['a length with a sign', [...pseudo, ['content-length', '+5']]],
    ['a length below the body', [...pseudo, ['content-length', '1']]],
    ['a length above the body', [...pseudo, ['content-length', '5000']]],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'evil.test:80'],
      ],
    ],
    ['extended CONNECT', [...but(':method', 'CONNECT'), [':protocol', 'websocket']]],
  ])('%s reaches nobody', async (_, fields) => {
    const before = backend.received.length;
    const outcome = await send(fields, `0\r\n\r\n${hidden}`);
    const seen = backend.received.slice(before);
    expect(outcome).toMatch(/^(?:4\d\d|reset|closed)$/);
    expect(seen).not.toMatch(/^(?:GET|POST) \/hidden/m);
    // A length that does not fit is found out with the last byte: what was begun is never completed.
    expect(seen).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});

// nghttp2 leaves such fields out, where RFC 9113 section 8.2.1 would have the request refused; no byte of them goes on.
it.each<[string, Fields]>([
  ['a line end in a value', [...pseudo, ['x-a', `b\r\n\r\n${hidden}`]]],
  ['a line feed in a value', [...pseudo, ['x-a', 'b\nx-c: d']]],
  ['a NUL in a value', [...pseudo, ['x-a', 'b\0c']]],
  ['a line end in a name', [...pseudo, ['x-a\r\nx-c', 'b']]],
  ['a colon in a name', [...pseudo, ['x-a: b', 'c']]],
  ['a blank in a name', [...pseudo, ['x a', 'b']]],
  ['an empty name', [...pseudo, ['', 'b']]],
])('a field with %s is left out whole', async (_, fields) => {
  const before = backend.received.length;
  expect(await send(fields, 'body')).toMatch(/^(?:200|4\d\d|reset|closed)$/);
  const seen = backend.received.slice(before);
  expect(seen).not.toMatch(/x-a|x a|x-c|hidden|\r\n:/i);
  expect(backend.requestLines.filter((line) => line !== 'POST /x HTTP/1.1')).toEqual([]);
});

it('headers above the limit get an answer, or an end, and nobody is asked', async () => {
  const before = backend.received.length;
  const many = Array.from({ length: 600 }, (_, index) => [`x-${index}`, 'v'.repeat(100)] as const);
  expect(await send([...pseudo, ...many], '')).toMatch(/^(?:431|reset|closed)$/);
  expect(backend.received.length).toBe(before);
});
