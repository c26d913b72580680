import { waitUntil } from '@keygate/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { EndpointBed, noProtection } from './test/endpoints.js';
import { call, type TestGateway } from './test/gateway.js';
import { ok, type RecordingBackend } from './test/recording-backend.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

const protection = { ...noProtection, healthPath: '/health?x=1', healthIntervalMillis: 30 };

/** Answers its name, and health checks as `isWell` says. */
async function checked(name: string) {
  const state = { isWell: true };
  const backend = await bed.backend((received, socket) => {
    const isCheck = received.slice(received.lastIndexOf('GET ')).startsWith('GET /health?x=1 ');
    socket.write(isCheck && !state.isWell ? 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n' : ok(name));
  });
  return { backend, state };
}

const checks = ({ requestLines }: RecordingBackend) =>
  requestLines.filter((line) => line.startsWith('GET /health')).length;

async function body(gateway: TestGateway): Promise<string> {
  return (await call(gateway.port, 'GET /open/x')).body;
}

describe('health checks', () => {
  it('take an address out that fails them and bring it back', async () => {
    const [a, b] = [await checked('a'), await checked('b')];
    const gateway = await bed.gateway({ urls: [a.backend.url, b.backend.url], protection });
    gateway.follow();
    const { counters } = gateway.forwarder;
    a.state.isWell = false;
    await waitUntil(() => counters.unwell === 1);
    expect([await body(gateway), await body(gateway), await body(gateway)]).toEqual(['b', 'b', 'b']);
    a.state.isWell = true;
    await waitUntil(() => counters.unwell === 0);
    expect([await body(gateway), await body(gateway)].sort()).toEqual(['a', 'b']);
    expect(counters.healthChecks.failed).toBeGreaterThanOrEqual(2);
  });

  it('do not take all addresses out: a check that is wrong must not take the API down', async () => {
    const a = await checked('a');
    const gateway = await bed.gateway({ urls: [a.backend.url], protection });
    gateway.follow();
    a.state.isWell = false;
    await waitUntil(() => gateway.forwarder.counters.unwell === 1);
    expect(await body(gateway)).toBe('a');
  });

  it('are made of endpoints that ask for them only, and end with the API', async () => {
    const [a, b] = [await checked('a'), await checked('b')];
    const gateway = await bed.gateway([{ urls: [a.backend.url], protection }, { urls: [b.backend.url] }]);
    gateway.follow();
    await waitUntil(() => checks(a.backend) >= 3);
    expect(checks(b.backend)).toBe(0);
    gateway.forwarder.follow({ healthChecked: [] });
    // One may be under way; after its answer no other is made.
    await waitUntil(() => a.backend.connections.length > 0);
    const after = checks(a.backend);
    for (let i = 0; i < 5; i++) await body(gateway);
    expect(checks(a.backend) - after).toBeLessThanOrEqual(1);
  });

  it('go on as they are while other APIs change', async () => {
    const a = await checked('a');
    const gateway = await bed.gateway({ urls: [a.backend.url], protection });
    for (let i = 0; i < 5; i++) gateway.follow();
    await waitUntil(() => checks(a.backend) >= 2);
    expect(a.backend.connections).toHaveLength(1);
  });
});
