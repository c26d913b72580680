import { createServer, type Server, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { demoApi } from './support/demo-catalog.js';
import { send, startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed | undefined;
const stops: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  await bed?.stop();
  bed = undefined;
  for (const stop of stops.splice(0)) await stop();
});

/** A backend that answers when the test says so. */
async function slowBackend(): Promise<{ url: string; waiting: ServerResponse[] }> {
  const waiting: ServerResponse[] = [];
  const server: Server = createServer((_request, response) => {
    waiting.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(
    () => server.closeAllConnections(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting };
}

async function startWithSlowBackend(drainSeconds: number) {
  const backend = await slowBackend();
  bed = await startTestBed({ gateway: { drainSeconds } });
  bed.keyManager.change({ $case: 'api', api: demoApi(backend.url) });
  bed.keyManager.grant('t');
  return { bed, backend };
}

describe('stopping a gateway', () => {
  it('fails readiness and closes the doors while open requests are finished', async () => {
    const { bed, backend } = await startWithSlowBackend(10);
    const answer = bed.call('t');
    await waitUntil(() => backend.waiting.length > 0);
    const { ports, urls } = { ports: bed.gateway.ports, urls: { ...bed.urls } };
    const stopping = bed.gateway.stop();
    await waitUntil(async () => (await send(`${urls.operations}/readyz`)).status === 503);
    await expect(send(`${urls.https}/petstore/1.0.0/health`)).rejects.toThrow('ECONNREFUSED');
    backend.waiting[0]?.end('late');
    expect(await answer).toMatchObject({ status: 200, body: 'late' });
    await stopping;
    expect(ports.https).toBeGreaterThan(0);
    await expect(send(`${urls.operations}/healthz`)).rejects.toThrow('ECONNREFUSED');
  });

  it('tells a client that keeps its connection to come back over another', async () => {
    const { bed, backend } = await startWithSlowBackend(10);
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    stops.push(() => agent.destroy());
    const connection = new Promise<string | undefined>((resolve, reject) => {
      const url = `${bed.urls.https}/petstore/1.0.0/pets`;
      const request = httpsRequest(url, { agent, headers: { authorization: 'Bearer t' } }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.headers.connection));
      });
      request.on('error', reject);
      request.end();
    });
    await waitUntil(() => backend.waiting.length > 0);
    const stopping = bed.gateway.stop();
    await waitUntil(
      () =>
        new Promise((resolve) => {
          const probe = connect(bed.gateway.ports.https, '127.0.0.1');
          probe.on('error', () => resolve(true));
          probe.on('connect', () => {
            probe.destroy();
            resolve(false);
          });
        }),
    );
    backend.waiting[0]?.end('late');
    expect(await connection).toBe('close');
    await stopping;
  });

  it('still answers a request that was on its way over a kept connection', async () => {
    const { bed, backend } = await startWithSlowBackend(10);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    stops.push(() => agent.destroy());
    const call = () =>
      new Promise<string | undefined>((resolve, reject) => {
        const request = httpsRequest(`${bed.urls.https}/nowhere`, { agent }, (response) => {
          response.resume();
          response.on('end', () => resolve(`${response.statusCode} ${response.headers.connection}`));
        });
        request.on('error', reject);
        request.end();
      });
    const open = bed.call('t');
    await waitUntil(() => backend.waiting.length > 0);
    expect(await call()).toBe('404 keep-alive');
    const stopping = bed.gateway.stop();
    expect(await call()).toBe('404 close');
    backend.waiting[0]?.end();
    await open;
    await stopping;
  });

  it('does not wait for idle connections, and cuts requests after the drain time', async () => {
    const { bed, backend } = await startWithSlowBackend(1);
    const idle = connect(bed.gateway.ports.http, '127.0.0.1');
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.once('connect', resolve));
    const stuck = bed.call('t').catch((error: Error) => error.message);
    await waitUntil(() => backend.waiting.length > 0);
    await bed.gateway.stop();
    expect(await stuck).toMatch(/hang up|ECONNRESET|aborted/);
  });
});

describe('usage', () => {
  it('is reported per API, application and status class when the gateway stops', async () => {
    bed = await startTestBed();
    bed.keyManager.grant('t');
    for (let i = 0; i < 3; i++) await bed.call('t');
    await bed.call(undefined);
    await bed.call('t', '/nowhere');
    await bed.gateway.stop();
    const counts = bed.keyManager.usage.flatMap((batch) => batch.counts);
    expect(counts).toHaveLength(2);
    expect(counts).toContainEqual({ apiId: 'api-1', applicationId: 'app-1', statusClass: 2, requests: 3 });
    expect(counts).toContainEqual({ apiId: 'api-1', applicationId: '', statusClass: 4, requests: 1 });
    expect(bed.keyManager.usage[0]).toMatchObject({ gatewayId: expect.any(String), minute: expect.any(Number) });
    expect((bed.keyManager.usage[0]?.minute ?? 1) % 60_000).toBe(0);
  });
});

describe('/metrics', () => {
  it('counts requests and faults, and names no client', async () => {
    bed = await startTestBed();
    bed.keyManager.grant('a-secret-token');
    await bed.call('a-secret-token');
    await bed.call('unknown-secret');
    await bed.token('a=b');
    await send(`${bed.urls.https}/.well-known/secret`);
    const { body } = await send(`${bed.urls.operations}/metrics`);
    expect(body).toMatch(/keygate_gateway_requests_total\{status_class="2xx",\S*\} 1/);
    expect(body).toMatch(/keygate_gateway_faults_total\{fault="invalidCredentials",\S*\} 1/);
    expect(body).toMatch(/keygate_gateway_token_requests_total\{endpoint="\/token",status_class="5xx",\S*\} 1/);
    expect(body).toMatch(/keygate_gateway_catalog_revision\S* 7/);
    expect(body).not.toMatch(/secret|demoConsumerKey/);
  });
});
