import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { freePort, waitUntil } from '@keygate/common/testing';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../apis/test/catalog.js';
import { call, exchangeBytes, head, quickTimeouts, startTestGateway, type TestGateway } from './test/gateway.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

const open = { authType: AuthType.AUTH_TYPE_NONE };
const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const started of running.splice(0)) await started.stop();
});

async function gatewayTo(url: string, proxy = quickTimeouts, timeoutMillis = 0): Promise<TestGateway> {
  const api = anApi({
    effectiveContext: '/open',
    productionEndpoint: { urls: [url], timeoutMillis, trustedCertificates: [] },
    resources: ['GET', 'POST', 'PUT'].map((verb) => aResource(`${verb} /*`, open)),
  });
  const gateway = await startTestGateway(catalogOf({ apis: [api] }), { proxy });
  running.push(gateway);
  return gateway;
}

async function start(answer: Parameters<typeof RecordingBackend.start>[0], proxy = quickTimeouts, timeoutMillis = 0) {
  const backend = await RecordingBackend.start(answer);
  running.push(backend);
  return { backend, gateway: await gatewayTo(backend.url, proxy, timeoutMillis) };
}

const code = (body: string) => (JSON.parse(body) as { code: string }).code;

describe('a backend that', () => {
  it('is not there: 503 101503', async () => {
    const gateway = await gatewayTo(`http://127.0.0.1:${await freePort()}`);
    const { status, body } = await call(gateway.port, 'GET /open/x');
    expect([status, code(body)]).toEqual([503, '101503']);
    expect(gateway.failures).toHaveLength(1);
    expect(gateway.ended[0]).toMatchObject({ status: 503, fault: 'backendUnreachable', isComplete: true });
  });

  it('has no such name: 503 101503', async () => {
    const gateway = await gatewayTo('http://nowhere.invalid');
    expect((await call(gateway.port, 'GET /open/x')).status).toBe(503);
  });

  it('does not answer in the time of its endpoint: 504 101504', async () => {
    const { gateway } = await start(() => undefined, quickTimeouts, 100);
    const { status, body } = await call(gateway.port, 'GET /open/x');
    expect([status, code(body)]).toEqual([504, '101504']);
  });

  it('closes without an answer: 502 101505', async () => {
    const { backend, gateway } = await start((_, socket) => socket.destroy());
    const { status, body } = await call(gateway.port, 'POST /open/x', ['Content-Length: 1'], 'a');
    expect([status, code(body)]).toEqual([502, '101505']);
    expect(backend.requestLines).toHaveLength(1);
  });

  it.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n'],
    ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'],
    ['a control character in a header', 'HTTP/1.1 200 OK\r\nX: a\u0001b\r\nContent-Length: 0\r\n\r\n'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
  ])('answers %s: 502, and nothing of it passes', async (_, answer) => {
    const { gateway } = await start(answer);
    const { status, body } = await call(gateway.port, 'POST /open/x', ['Content-Length: 0']);
    expect(status).toBe(502);
    expect([code(body), gateway.ended[0]?.fault]).toEqual(['101506', 'backendProtocolViolation']);
    expect(JSON.stringify(gateway.failures)).not.toContain(answer.slice(0, 20));
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('breaks off %s is never passed off as complete', async (_, answer) => {
    const { gateway } = await start((_received, socket) => socket.end(answer));
    const text = await exchangeBytes(gateway.port, head('GET /open/x'));
    expect(text).toContain('half');
    expect(text).not.toContain('0\r\n\r\n');
    await waitUntil(() => gateway.ended.length === 1, { timeoutMillis: 5_000 });
    expect(gateway.ended[0]).toMatchObject({ status: 200, isComplete: false, fault: 'backendClosed' });
  });

  it('pauses for too long inside its answer is cut off', async () => {
    const slow = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';
    const { gateway } = await start(slow, { ...quickTimeouts, bodyTimeoutMillis: 200 });
    expect(await exchangeBytes(gateway.port, head('GET /open/x'))).toMatch(/half$/);
  });

  it('closes kept connections costs nobody a call that may be repeated', async () => {
    let calls = 0;
    const { backend, gateway } = await start((_, socket) => {
      calls++;
      // The second call arrives on a kept connection that this side closes at that very moment.
      if (calls === 2) socket.destroy();
      else socket.write(ok('ok'));
    });
    expect((await call(gateway.port, 'GET /open/1')).status).toBe(200);
    expect((await call(gateway.port, 'GET /open/2')).status).toBe(200);
    expect(backend.requestLines).toEqual(['GET /1', 'GET /2', 'GET /2'].map((line) => `${line} HTTP/1.1`));
  });

  it('is full has a bounded queue: 503 303001', async () => {
    const { backend, gateway } = await start(() => undefined, { ...quickTimeouts, connectionsPerEndpoint: 1 });
    const sockets = [1, 2].map(() => connect(gateway.port, '127.0.0.1'));
    for (const socket of sockets) socket.write(head('GET /open/x'));
    await waitUntil(() => backend.requestLines.length === 1, { timeoutMillis: 5_000 });
    const { status, body, headers } = await call(gateway.port, 'GET /open/x');
    expect([status, code(body), headers['retry-after']]).toEqual([503, '303001', '1']);
    expect(gateway.ended.at(-1)?.fault).toBe('backendBusy');
    for (const socket of sockets) socket.destroy();
  });
});

describe('a client that', () => {
  async function connected(gateway: TestGateway, bytes: string): Promise<Socket> {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(bytes);
    return socket;
  }

  it('leaves before the answer takes the call to the backend with it', async () => {
    const { backend, gateway } = await start(() => undefined);
    const client = await connected(gateway, head('GET /open/x'));
    await waitUntil(() => backend.requestLines.length === 1, { timeoutMillis: 5_000 });
    client.destroy();
    await waitUntil(() => backend.connections[0]?.closed === true, { timeoutMillis: 5_000 });
    expect(gateway.ended[0]).toMatchObject({ status: 499, isComplete: false });
  });

  it('leaves inside its own body takes the call with it, unfinished', async () => {
    const { backend, gateway } = await start(() => undefined);
    const client = await connected(gateway, `${head('POST /open/x', ['Transfer-Encoding: chunked'])}3\r\nabc\r\n`);
    await waitUntil(() => backend.received.includes('abc'), { timeoutMillis: 5_000 });
    client.destroy();
    await waitUntil(() => backend.connections[0]?.closed === true, { timeoutMillis: 5_000 });
    expect(backend.received).not.toContain('0\r\n\r\n');
  });

  it('does not read slows the backend down instead of filling memory', async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    const { gateway } = await start((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n');
      const pump = () => {
        do sent += chunk.length;
        while (socket.write(chunk) && sent < 1073741824);
      };
      socket.on('drain', pump);
      pump();
    });
    const client = await connected(gateway, head('GET /open/x'));
    client.pause();
    let before = -1;
    // Quiet: nothing more is taken from the backend although it has a gigabyte to give.
    await waitUntil(
      () => {
        const isQuiet = sent === before;
        before = sent;
        return isQuiet;
      },
      { timeoutMillis: 10_000 },
    );
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    client.destroy();
  });

  it('asks before it sends its body is told to go on only once the call is allowed', async () => {
    const { backend, gateway } = await start(ok('thanks'));
    const client = await connected(gateway, head('POST /open/x', ['Expect: 100-continue', 'Content-Length: 4']));
    let text = '';
    client.on('data', (chunk) => {
      if (text === '') client.write('body');
      text += chunk.toString();
    });
    await new Promise((resolve) => client.on('close', resolve));
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(backend.received).toMatch(/body$/);
    expect(backend.header('expect')).toEqual([]);
    const refused = await exchangeBytes(
      gateway.port,
      head('POST /nowhere', ['Expect: 100-continue', 'Content-Length: 4']),
    );
    expect(refused).toMatch(/^HTTP\/1\.1 404/);
  });

  it('sends less than it announced never completes a request at the backend', async () => {
    const backend = await RecordingBackend.start();
    running.push(backend);
    const api = anApi({
      effectiveContext: '/open',
      productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] },
      resources: [aResource('POST /*', open)],
    });
    // Node holds clients to their Content-Length, so only a server that does not could let one through.
    const lenient = () =>
      createServer().prependListener('request', ({ rawHeaders }: IncomingMessage) => {
        rawHeaders[rawHeaders.indexOf('Content-Length') + 1] = '5';
      });
    const gateway = await startTestGateway(catalogOf({ apis: [api] }), { server: lenient });
    running.push(gateway);
    const { status, body } = await call(gateway.port, 'POST /open/x', ['Content-Length: 3'], 'abc');
    expect([status, code(body), gateway.ended[0]?.fault]).toEqual([502, '101500', 'backendSendFailed']);
    expect(backend.received).toMatch(/content-length: 5\r\n(?:.+\r\n)*\r\nabc$/i);
  });

  it('is still sending when it is refused gets its answer', async () => {
    const { gateway } = await start(ok(''));
    const body = 'a'.repeat(512 * 1024);
    const text = await exchangeBytes(gateway.port, head('POST /nowhere', [`Content-Length: ${body.length}`]) + body);
    expect(text).toMatch(/^HTTP\/1\.1 404/);
  });

  it('is still sending when the backend has already answered gets that answer', async () => {
    const { gateway } = await start((_, socket) => socket.write(ok('early', ['Connection: close'])));
    const body = 'a'.repeat(512 * 1024);
    const answer = await call(gateway.port, 'POST /open/x', [`Content-Length: ${body.length}`], body);
    expect(answer).toMatchObject({ status: 200, body: 'early' });
  });
});
