import { connect } from 'node:net';
import { waitUntil } from '@keygate/common/testing';
import { BalancingMethod } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { code, EndpointBed, noProtection } from './test/endpoints.js';
import { call, exchangeBytes, head, type TestGateway } from './test/gateway.js';
import { ok } from './test/recording-backend.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

const failover = {
  balancing: {
    method: BalancingMethod.BALANCING_METHOD_FAILOVER,
    ...{ weights: [], stickyMillis: 0, stickyKey: Buffer.alloc(0) },
  },
};
const closes = (_: string, socket: { destroy(): unknown }) => void socket.destroy();
const get = (gateway: TestGateway) => call(gateway.port, 'GET /open/x');

describe('a call is sent again', () => {
  it.each(['GET', 'OPTIONS'])('to another address when it is a %s', async (method) => {
    const [bad, good] = [await bed.backend(closes), await bed.backend('good')];
    const gateway = await bed.gateway({ urls: [bad.url, good.url], ...failover });
    const answer = await call(gateway.port, `${method} /open/x`);
    expect([answer.status, answer.body]).toEqual([200, 'good']);
    expect(bad.requestLines).toHaveLength(1);
  });

  it.each([
    ['POST', 'POST /open/x', ['Content-Length: 1'], 'a'],
    ['a PUT without a body', 'PUT /open/x', ['Content-Length: 0'], ''],
    ['a DELETE', 'DELETE /open/x', [], ''],
    ['a GET with a body', 'GET /open/x', ['Content-Length: 1'], 'a'],
  ])('but not %s', async (_, line, headers, body) => {
    const [bad, good] = [await bed.backend(closes), await bed.backend('good')];
    const gateway = await bed.gateway({ urls: [bad.url, good.url], ...failover });
    expect((await call(gateway.port, line, headers, body)).status).toBe(502);
    expect([bad.requestLines.length, good.requestLines.length]).toEqual([1, 0]);
  });

  it('but not once its answer began', async () => {
    const bad = await bed.backend((_, socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    const good = await bed.backend('good');
    const gateway = await bed.gateway({ urls: [bad.url, good.url], ...failover });
    expect(await exchangeBytes(gateway.port, head('GET /open/x'))).toMatch(/half$/);
    expect(good.requestLines).toHaveLength(0);
  });

  it('but not to an address that answers no HTTP: it would do so again', async () => {
    const [bad, good] = [await bed.backend('x'), await bed.backend('good')];
    const garbage = await bed.backend((_, socket) => void socket.end('SSH-2.0\r\n'));
    const gateway = await bed.gateway({ urls: [garbage.url, good.url], ...failover });
    expect((await get(gateway)).status).toBe(502);
    expect([bad.requestLines.length, good.requestLines.length]).toEqual([0, 0]);
  });

  it('as often as the endpoint says, each address once', async () => {
    const bad = await Promise.all([closes, closes, closes].map((answer) => bed.backend(answer)));
    const urls = bad.map(({ url }) => url);
    const gateway = await bed.gateway({ urls, ...failover, protection: { ...noProtection, retries: 2 } });
    expect((await get(gateway)).status).toBe(502);
    expect(bad.map(({ requestLines }) => requestLines.length)).toEqual([1, 1, 1]);
  });

  it('within a budget: a backend that fails gets a fifth more calls, not twice as many', async () => {
    const bad = await Promise.all([closes, closes].map((answer) => bed.backend(answer)));
    const gateway = await bed.gateway({ urls: bad.map(({ url }) => url) }, { failuresToOpen: 100_000 });
    for (let i = 0; i < 60; i++) expect((await get(gateway)).status).toBe(502);
    const received = bad.reduce((sum, { requestLines }) => sum + requestLines.length, 0);
    expect(received).toBeGreaterThan(60);
    expect(received).toBeLessThanOrEqual(60 + 60 / 5 + 10);
    expect(gateway.forwarder.counters.retries).toBe(received - 60);
  });
});

describe('an address that fails', () => {
  it('is left alone, and called again when it is well', async () => {
    let isWell = false;
    const backend = await bed.backend((_, socket) => void (isWell ? socket.write(ok('well')) : socket.destroy()));
    const protection = { ...noProtection, failuresToOpen: 2, openMillis: 100 };
    const gateway = await bed.gateway({ urls: [backend.url], protection }, { retries: 0 });
    expect([(await get(gateway)).status, (await get(gateway)).status]).toEqual([502, 502]);
    const { status, headers, body } = await get(gateway);
    expect([status, code(body), headers['retry-after']]).toEqual([503, '303001', '1']);
    expect(backend.requestLines).toHaveLength(2);
    expect(gateway.ended.at(-1)?.fault).toBe('backendSuspended');
    isWell = true;
    await waitUntil(async () => (await get(gateway)).status === 200);
    expect((await get(gateway)).body).toBe('well');
  });

  it('is opened by the codes that the API names only', async () => {
    const backend = await bed.backend(closes);
    const protection = { ...noProtection, failuresToOpen: 1, openOn: [101_504] };
    const gateway = await bed.gateway({ urls: [backend.url], protection }, { retries: 0 });
    for (let i = 0; i < 3; i++) expect((await get(gateway)).status).toBe(502);
    expect(backend.requestLines).toHaveLength(3);
  });

  it('is not left alone for what it answers: a client could ask for that', async () => {
    const backend = await bed.backend(
      (_, socket) => void socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'),
    );
    const gateway = await bed.gateway({ urls: [backend.url], protection: { ...noProtection, failuresToOpen: 1 } });
    for (let i = 0; i < 3; i++) expect((await get(gateway)).status).toBe(503);
    expect(backend.requestLines).toHaveLength(3);
  });

  it('leaves nobody without an answer when its clients leave during a trial', async () => {
    let calls = 0;
    const backend = await bed.backend((_, socket) => {
      calls++;
      if (calls === 1) socket.destroy();
      else if (calls > 2) socket.write(ok('well'));
    });
    const protection = { ...noProtection, failuresToOpen: 1, openMillis: 50 };
    const gateway = await bed.gateway({ urls: [backend.url], protection }, { retries: 0 });
    await get(gateway);
    await waitUntil(async () => {
      const client = connect(gateway.port, '127.0.0.1');
      client.write(head('GET /open/x'));
      const before = gateway.ended.length;
      await waitUntil(() => calls >= 2 || gateway.ended.length > before);
      client.destroy();
      return calls >= 2;
    });
    await waitUntil(async () => (await get(gateway)).status === 200);
  });
});

describe('time-outs of an endpoint', () => {
  it('hold for connecting, which includes the handshake of TLS', async () => {
    const silent = await bed.backend(() => undefined);
    const urls = [silent.url.replace('http:', 'https:')];
    const gateway = await bed.gateway({ urls, protection: { ...noProtection, connectTimeoutMillis: 100 } });
    const answer = await get(gateway);
    expect([answer.status, code(answer.body), gateway.ended[0]?.fault]).toEqual([
      ...[504, '101508', 'backendConnectTimedOut'],
    ]);
  });

  it('hold for the head', async () => {
    const backend = await bed.backend(() => undefined);
    const gateway = await bed.gateway({ urls: [backend.url], timeoutMillis: 100 });
    expect(code((await get(gateway)).body)).toBe('101504');
  });

  it('hold inside the answer', async () => {
    const backend = await bed.backend(
      (_, socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
    );
    const protection = { ...noProtection, idleTimeoutMillis: 150 };
    const gateway = await bed.gateway({ urls: [backend.url], protection });
    expect(await exchangeBytes(gateway.port, head('GET /open/x'))).toMatch(/half$/);
  });

  it('hold for the whole call, also when it drips', async () => {
    const timers: NodeJS.Timeout[] = [];
    const backend = await bed.backend((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n');
      timers.push(setInterval(() => socket.writable && socket.write('a'), 10));
    });
    const protection = { ...noProtection, totalTimeoutMillis: 200 };
    const gateway = await bed.gateway({ urls: [backend.url], protection });
    expect(await exchangeBytes(gateway.port, head('GET /open/x'))).toMatch(/a$/);
    await waitUntil(() => gateway.ended.length === 1);
    expect(gateway.ended[0]).toMatchObject({ fault: 'backendTimedOut', isComplete: false });
    timers.forEach(clearInterval);
  });

  it('hold for the whole call before its answer', async () => {
    const backend = await bed.backend(() => undefined);
    const protection = { ...noProtection, totalTimeoutMillis: 100 };
    const gateway = await bed.gateway({ urls: [backend.url], protection });
    const answer = await get(gateway);
    expect([answer.status, code(answer.body)]).toEqual([504, '101504']);
    await waitUntil(() => backend.connections[0]?.closed === true);
  });

  it('open the breaker of an address that says nothing for all that time', async () => {
    const backend = await bed.backend(() => undefined);
    const protection = { ...noProtection, totalTimeoutMillis: 100, failuresToOpen: 2, openMillis: 60_000 };
    const gateway = await bed.gateway({ urls: [backend.url], protection });
    for (let i = 0; i < 2; i++) expect((await get(gateway)).status).toBe(504);
    expect((await get(gateway)).status).toBe(503);
    await waitUntil(() => gateway.ended.at(-1)?.fault === 'backendSuspended');
  });
});
