import { waitUntil } from '@keygate/common/testing';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, aResource, aSubscription, catalogOf } from '../apis/test/catalog.js';
import { call } from '../proxy/test/gateway.js';
import { echo, serverFrame, WebSocketBackend } from './test/backend.js';
import { clientFrame, open, RawClient, usual } from './test/client.js';
import { startWebSocketGateway, type WebSocketGateway } from './test/gateway.js';

let backend: WebSocketBackend;
let gateway: WebSocketGateway;
let quota = Number.POSITIVE_INFINITY;
const counted: number[] = [];

const events = {
  countEvent: (_: unknown, bytes: number) => {
    counted.push(bytes);
    quota -= 1;
    return quota >= 0;
  },
};

const catalog = () =>
  catalogOf({
    apis: [
      anApi({
        type: 'WS',
        effectiveContext: '/ws/1',
        productionEndpoint: { urls: [`ws://127.0.0.1:${backend.port}`], timeoutMillis: 0, trustedCertificates: [] },
        resources: [
          aResource('SUBSCRIBE /*', { scopes: ['read'] }),
          aResource('PUBLISH /*', { scopes: ['update'] }),
          aResource('SUBSCRIBE /open', { authType: AuthType.AUTH_TYPE_NONE }),
          aResource('PUBLISH /open', { authType: AuthType.AUTH_TYPE_NONE }),
        ],
      }),
      anApi({
        id: 'api-2',
        type: 'WS',
        effectiveContext: '/one/1',
        subscriptionRequired: false,
        productionEndpoint: { urls: [`ws://127.0.0.1:${backend.port}`], timeoutMillis: 0, trustedCertificates: [] },
        resources: ['/*', '/die', '/half', '/close', '/refuse', '/lie', '/extend', '/compress', '/flood'].map(
          (target) => aResource(`SUBSCRIBE ${target}`, { authType: AuthType.AUTH_TYPE_NONE }),
        ),
      }),
      anApi({ id: 'api-3', effectiveContext: '/http/1', subscriptionRequired: false }),
    ],
    subscriptions: [aSubscription()],
  });

beforeAll(async () => {
  backend = await WebSocketBackend.start((frame, socket, request) => {
    const { url = '' } = request;
    if (url.startsWith('/die')) socket.destroy();
    else if (url.startsWith('/half')) socket.end(serverFrame(1, 'a message that is cut').subarray(0, 10));
    else if (url.startsWith('/close'))
      socket.end(serverFrame(8, Buffer.concat([Buffer.from([0x0f, 0xa1]), Buffer.from('bye')])));
    else if (url.startsWith('/flood')) for (let i = 0; i < 64; i++) socket.write(serverFrame(2, Buffer.alloc(65_536)));
    else echo(frame, socket);
  });
  gateway = await startWebSocketGateway(catalog(), {
    events,
    settings: {
      allowedOrigins: ['https://app.test'],
      maxConnections: 6,
      maxFrameBytes: 100_000,
      maxMessageBytes: 150_000,
    },
  });
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

const url = (path: string) => `ws://127.0.0.1:${gateway.port}${path}`;
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const both = 'scopes-read+update';
const handshake = (path: string, more: readonly string[] = [], headers = usual) =>
  call(
    gateway.port,
    `GET ${path}`,
    [...headers, ...more].filter((line) => line !== 'Connection: close'),
  );
const refused = async (path: string, more: readonly string[] = [], headers = usual) => {
  const before = backend.handshakes.length;
  const client = new RawClient(gateway.port, path, [...headers, ...more]);
  await client.closed;
  expect(backend.handshakes.length).toBe(before);
  const [head = '', body = ''] = client.received.toString().split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head, body: body === '' ? undefined : JSON.parse(body) };
};

describe('a WebSocket connection', () => {
  it('passes messages and pings both ways, as they are', async () => {
    const client = await open(url('/ws/1/topic?room=7'), bearer(both));
    const { length } = backend.frames;
    client.socket.send('hello');
    expect(await client.next()).toBe('hello');
    client.socket.send(Buffer.alloc(70_000, 7));
    expect(await client.next()).toBe('70000 bytes');
    expect(backend.frames.slice(length).map(({ payload }) => payload.length)).toEqual([5, 70_000]);
    const raw = new RawClient(gateway.port, '/one/1/x');
    raw.socket.write(
      Buffer.concat([clientFrame(0x89, 'are you there'), clientFrame(0x01, 'in '), clientFrame(0x80, 'parts')]),
    );
    const expected = Buffer.concat([
      serverFrame(10, 'are you there'),
      serverFrame(1, 'in ', false),
      serverFrame(0, 'parts'),
    ]);
    await waitUntil(() => raw.received.includes(expected));
    raw.socket.destroy();
    client.socket.close();
    await client.closed;
  });

  it('reaches the backend as an authorised request does: no credentials, the exact path', async () => {
    const headers = {
      Authorization: `Bearer ${both}`,
      'X-WSO2-User': 'forged',
      X_Forwarded_For: '1.1.1.1',
      'X-Own': 'kept',
    };
    const client = await open(url('/ws/1/a%20b?room=7'), { headers, protocols: ['chat'] });
    const { url: target, headers: seen } = backend.handshakes.at(-1) as (typeof backend.handshakes)[0];
    expect(target).toBe('/a%20b?room=7');
    expect(seen.authorization).toBeUndefined();
    expect(seen['x-wso2-user']).toBeUndefined();
    expect(seen.x_forwarded_for).toBeUndefined();
    expect(seen).toMatchObject({ 'x-own': 'kept', 'x-forwarded-for': '127.0.0.1', host: `127.0.0.1:${backend.port}` });
    expect(client.socket.protocol).toBe('chat');
    client.socket.close();
    await client.closed;
  });

  it('takes the token from the query, which goes no further', async () => {
    const client = await open(url(`/ws/1/topic?a=1&access%5Ftoken=${encodeURIComponent(both)}&b=2`));
    expect(backend.handshakes.at(-1)?.url).toBe('/topic?a=1&b=2');
    client.socket.close();
    await client.closed;
    await waitUntil(() => gateway.ended.at(-1)?.status === 101);
    expect(gateway.ended.at(-1)).toMatchObject({ status: 101, target: '/ws/1/topic?a=1&b=2', isComplete: true });
    expect((await refused(`/ws/1/topic?access_token=${both}`, [`Authorization: Bearer ${both}`])).status).toBe(400);
    expect((await refused(`/ws/1/topic?access_token=${both}&access_token=good`)).status).toBe(401);
  });

  it.each([
    ['no credentials', '/ws/1/topic', [], 401, '900902'],
    ['a wrong token', '/ws/1/topic', ['Authorization: Bearer wrong'], 401, '900901'],
    ['a wrong token in the query', '/ws/1/topic?access_token=wrong', [], 401, '900901'],
    ['another scope', '/ws/1/topic', ['Authorization: Bearer scopes-other'], 403, '900910'],
    ['an API that is not there', '/nowhere/1', [], 404, '404'],
    ['an API that is no WebSocket API', '/http/1/pets', ['Authorization: Bearer good'], 501, '501'],
    ['a page that is not listed', '/one/1/x', ['Origin: https://evil.test'], 403, '403'],
    ['two origins', '/one/1/x', ['Origin: https://app.test', 'Origin: https://evil.test'], 403, '403'],
    ['a key that is none', '/one/1/x', [], 400, '400', [...usual.slice(0, 3), 'Sec-WebSocket-Key: short']],
    ['two keys', '/one/1/x', [usual[3] as string], 400, '400'],
    ['a body', '/one/1/x', ['Content-Length: 3'], 400, '400'],
    [
      'another version',
      '/one/1/x',
      [],
      426,
      '426',
      [...usual.slice(0, 2), 'Sec-WebSocket-Version: 8', usual[3] as string],
    ],
    ['a path that leads elsewhere', '/one/1/../x', [], 400, '400'],
  ])('is refused over HTTP with %s', async (_, path, more, status, code, headers?: string[]) => {
    const answer = await refused(path, more, headers);
    expect([answer.status, answer.body?.code]).toEqual([status, code]);
    if (status === 426) expect(answer.head).toContain('Sec-WebSocket-Version: 13');
    if (status === 403 && code === '403') expect(gateway.ended.at(-1)?.fault).toBe('originRefused');
  });

  it('is all that a WebSocket API serves', async () => {
    const answer = await call(gateway.port, 'GET /ws/1/topic', [`Authorization: Bearer ${both}`]);
    expect([answer.status, answer.headers.upgrade]).toEqual([426, 'websocket']);
    expect(gateway.ended.at(-1)?.fault).toBe('upgradeRequired');
  });

  it('from a listed page, and from no page, is taken', async () => {
    const client = await open(url('/one/1/x'), { headers: { Origin: 'https://APP.test' } });
    client.socket.close();
    await client.closed;
  });

  it('of a caller who may only subscribe ends with the first message', async () => {
    const client = await open(url('/ws/1/topic'), bearer('scopes-read'));
    const { length } = backend.frames;
    client.socket.send('not allowed');
    expect((await client.closed)[0]).toBe(1008);
    expect(backend.frames.slice(length).filter(({ opcode }) => opcode < 8)).toEqual([]);
  });
});

it('offers to speak HTTP/2 in the clear are not taken, and their requests are served', async () => {
  const offer = ['Connection: close, Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
  const answer = await call(gateway.port, 'GET /http/1/pets', ['Authorization: Bearer good', ...offer]);
  expect([answer.status, answer.body]).toEqual([200, 'over HTTP']);
});

describe('the end of a connection', () => {
  it('keeps its code and reason, from either side', async () => {
    const first = await open(url('/one/1/close'));
    first.socket.send('go');
    expect(await first.closed).toEqual([4001, 'bye']);
    const second = await open(url('/one/1/x'));
    second.socket.close(3000, 'done');
    expect(await second.closed).toEqual([3000, 'done']);
    expect(backend.closeCodes.at(-1)).toBe(3000);
  });

  it('of a backend that dies is told; a message it had begun is never passed off as whole', async () => {
    const first = await open(url('/one/1/die'));
    first.socket.send('go');
    expect((await first.closed)[0]).toBe(1014);
    const second = await open(url('/one/1/half'));
    second.socket.send('go');
    expect((await second.closed)[0]).toBe(1006);
    expect(second.messages).toEqual([]);
  });

  it('comes when the token is revoked, within a second', async () => {
    const client = await open(url('/ws/1/topic'), bearer(both));
    const known = gateway.lookup;
    gateway.lookup = () => ({ state: 'invalid' });
    const revokedAt = performance.now();
    const [code, reason] = await client.closed;
    gateway.lookup = known;
    expect([code, reason]).toEqual([1008, '900901 Invalid Credentials']);
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
  });

  it.each([
    ['expires', { state: 'expired' }, 1008],
    ['cannot be checked any more', { state: 'undecidable', retryAfterSeconds: 1 }, 1013],
  ] as const)('comes when the token %s', async (_, verdict, code) => {
    const client = await open(url('/ws/1/topic'), bearer(both));
    const known = gateway.lookup;
    gateway.lookup = () => Promise.resolve(verdict);
    expect((await client.closed)[0]).toBe(code);
    gateway.lookup = known;
  });

  it('comes when the subscription is blocked or the API is gone', async () => {
    const client = await open(url('/ws/1/topic'), bearer(both));
    const open2 = await open(url('/one/1/x'));
    gateway.catalog = catalogOf({ apis: [], subscriptions: [] });
    expect((await client.closed)[0]).toBe(1008);
    expect((await open2.closed)[0]).toBe(1008);
    gateway.catalog = catalog();
  });
});

describe('limits', () => {
  it('a message over the quota is answered with the text of WSO2, and the connection stays', async () => {
    const client = await open(url('/one/1/x'));
    quota = 4;
    for (const text of ['1', '2', '3']) client.socket.send(text);
    await waitUntil(() => client.messages.includes('Error code: 4003 reason: Websocket frame throttled out'));
    quota = Number.POSITIVE_INFINITY;
    client.socket.send('again');
    await waitUntil(() => client.messages.includes('again'));
    client.socket.close();
    await client.closed;
  });

  it('a frame above the limit ends the connection with 1009', async () => {
    const client = await open(url('/one/1/x'));
    client.socket.send(Buffer.alloc(100_001));
    expect((await client.closed)[0]).toBe(1009);
  });

  it('what is no frame ends the connection with 1002', async () => {
    const raw = new RawClient(gateway.port, '/one/1/x');
    raw.socket.write(Buffer.alloc(14, 0xff));
    await waitUntil(() => raw.received.includes(Buffer.from([0x88, 16, 3, 234])));
    raw.socket.destroy();
  });

  it('above as many connections as may be: 503, and room again afterwards', async () => {
    await waitUntil(() => gateway.webSockets.size === 0);
    const clients = await Promise.all(Array.from({ length: 6 }, () => open(url('/one/1/x'))));
    const answer = await refused('/one/1/x');
    expect([answer.status, answer.body?.code]).toEqual([503, '503']);
    expect(gateway.ended.at(-1)?.fault).toBe('tooManyWebSockets');
    expect(answer.head).toContain('Retry-After: 1');
    for (const { socket } of clients) socket.close();
    await Promise.all(clients.map(({ closed }) => closed));
    await waitUntil(() => gateway.webSockets.size === 0);
    const again = await open(url('/one/1/x'));
    again.socket.close();
    await again.closed;
  });

  it('a client that does not read holds the backend back', async () => {
    const raw = new RawClient(gateway.port, '/one/1/flood');
    await waitUntil(() => raw.received.includes('101 Switching'));
    raw.socket.pause();
    for (let i = 0; i < 8; i++) raw.socket.write(clientFrame(0x81, 'more'));
    const socket = [...backend.sockets].at(-1);
    await waitUntil(() => (socket?.writableLength ?? 0) > 8 * 1024 * 1024);
    raw.socket.destroy();
    await waitUntil(() => gateway.webSockets.size === 0);
  });
});

describe('a backend', () => {
  it('that refuses the handshake answers the client itself', async () => {
    const client = new RawClient(gateway.port, '/one/1/refuse');
    await client.closed;
    expect(client.received.toString()).toMatch(
      /^HTTP\/1\.1 403 Forbidden\r\n(?:.*\r\n)*X-From: backend\r\n(?:.*\r\n)*\r\nno$/,
    );
  });

  it.each(['/lie', '/extend', '/compress'])('that agrees to what nobody asked (%s) is answered 502', async (path) => {
    const client = new RawClient(gateway.port, `/one/1${path}`);
    await client.closed;
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 502 [\s\S]*"code":"101506"/);
  });
});

it('a gateway that stops says so to all, and takes no more', async () => {
  const client = await open(url('/one/1/x'));
  gateway.webSockets.drain();
  expect(await client.closed).toEqual([1001, 'the gateway is going away']);
  expect((await handshake('/one/1/x')).status).toBe(503);
});
