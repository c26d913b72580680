import { connect, type Socket } from 'node:net';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { code, EndpointBed, noProtection } from './test/endpoints.js';
import { call, head, type TestGateway } from './test/gateway.js';

const bed = new EndpointBed();
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await bed.stop();
});

function hold(gateway: TestGateway, times: number): void {
  for (let i = 0; i < times; i++) {
    const client = connect(gateway.port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write(head('GET /open/x'));
    clients.push(client);
  }
}

/** Nothing ends by itself while a test looks. */
const patient = { connectTimeoutMillis: 60_000, headersTimeoutMillis: 60_000 };
const limited = { ...noProtection, maxConcurrent: 2, maxWaiting: 1 };

describe('one slow backend of twenty', () => {
  it('keeps to its own connections and queue, and every other call completes meanwhile', async () => {
    const slow = await bed.backend(() => undefined);
    const others = await Promise.all(Array.from({ length: 19 }, (_, index) => bed.backend(`api ${index + 1}`)));
    const endpoints = [slow, ...others].map(({ url }) => ({ urls: [url] }));
    const gateway = await bed.gateway(endpoints, { ...patient, connectionsPerEndpoint: 8 });
    hold(gateway, 40);
    await waitUntil(() => gateway.ended.filter(({ fault }) => fault === 'backendBusy').length === 40 - 16);
    const calls = Array.from({ length: 190 }, (_, i) => call(gateway.port, `GET /api-${(i % 19) + 1}/x`));
    const answers = await Promise.all(calls);
    expect(answers.map(({ body }) => body)).toEqual(calls.map((_, i) => `api ${(i % 19) + 1}`));
    // All the while the slow one had its most, and no more.
    expect(slow.connections.filter(({ closed }) => !closed)).toHaveLength(8);
    expect(slow.requestLines).toHaveLength(8);
    const pools = [...gateway.forwarder.pools.all];
    expect(pools.map(({ running, waiting }) => [running, waiting])).toEqual([[8, 8], ...others.map(() => [0, 0])]);
  });

  it('shares an address with another API and leaves it the rest of the connections', async () => {
    let isSlow = true;
    const backend = await bed.backend((_, socket) => {
      if (!isSlow) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const urls = [backend.url];
    const gateway = await bed.gateway([{ urls, protection: limited }, { urls }], {
      ...patient,
      connectionsPerEndpoint: 4,
    });
    hold(gateway, 10);
    await waitUntil(() => gateway.ended.length === 7);
    expect(backend.requestLines).toHaveLength(2);
    isSlow = false;
    expect((await call(gateway.port, 'GET /api-1/x')).body).toBe('ok');
  });
});

describe('the most calls of an endpoint', () => {
  it('run, so many wait, and one more is told to come again', async () => {
    const backend = await bed.backend(() => undefined);
    const gateway = await bed.gateway({ urls: [backend.url], protection: limited }, patient);
    hold(gateway, 3);
    await waitUntil(() => backend.requestLines.length === 2);
    const { status, body, headers } = await call(gateway.port, 'GET /open/x');
    expect([status, code(body), headers['retry-after']]).toEqual([503, '303001', '1']);
    expect(backend.requestLines).toHaveLength(2);
  });

  it('let the next one in when one ends, whoever ended it', async () => {
    const backend = await bed.backend(() => undefined);
    const gateway = await bed.gateway({ urls: [backend.url], protection: limited }, patient);
    hold(gateway, 3);
    await waitUntil(() => backend.requestLines.length === 2);
    clients[0]?.destroy();
    clients[1]?.destroy();
    clients[2]?.destroy();
    await waitUntil(() => [...gateway.forwarder.pools.all].every(({ running, waiting }) => running + waiting === 0));
    hold(gateway, 2);
    await waitUntil(() => backend.requestLines.length >= 4);
  });

  it('do not wait for ever', async () => {
    const backend = await bed.backend(() => undefined);
    const protection = { ...limited, connectTimeoutMillis: 150 };
    const gateway = await bed.gateway({ urls: [backend.url], protection }, { headersTimeoutMillis: 60_000 });
    hold(gateway, 3);
    await waitUntil(() => gateway.ended.some(({ fault }) => fault === 'backendBusy'));
    expect(backend.requestLines).toHaveLength(2);
  });

  it('are not filled by clients that come and go', async () => {
    const backend = await bed.backend(() => undefined);
    const gateway = await bed.gateway({ urls: [backend.url] }, { ...patient, connectionsPerEndpoint: 2 });
    for (let round = 0; round < 20; round++) {
      hold(gateway, 4);
      await waitUntil(() => [...gateway.forwarder.pools.all].some(({ running, waiting }) => running + waiting > 0));
      for (const client of clients.splice(0)) client.destroy();
    }
    await waitUntil(() => [...gateway.forwarder.pools.all].every(({ running, waiting }) => running + waiting === 0));
    await waitUntil(() => backend.connections.every(({ closed }) => closed));
  });
});
