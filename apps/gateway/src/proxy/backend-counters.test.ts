import { connect } from 'node:net';
import { createRegistry } from '@keygate/common/metrics';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, expect, it } from 'vitest';
import { EndpointBed, noProtection } from './test/endpoints.js';
import { call, head } from './test/gateway.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

it('metrics say how backends are doing, and name none of them', async () => {
  const [bad, slow] = [await bed.backend((_, socket) => void socket.destroy()), await bed.backend(() => undefined)];
  const protection = { ...noProtection, failuresToOpen: 1, openMillis: 60_000 };
  const gateway = await bed.gateway([{ urls: [bad.url], protection }, { urls: [slow.url] }], {
    connectionsPerEndpoint: 1,
  });
  await call(gateway.port, 'GET /open/x');
  const clients = [1, 2].map(() => connect(gateway.port, '127.0.0.1'));
  for (const client of clients) client.write(head('GET /api-1/x'));
  await waitUntil(() =>
    [...gateway.forwarder.pools.all].some(({ running, waiting }) => running === 1 && waiting === 1),
  );
  const registry = createRegistry({ gateway: 'g' });
  gateway.forwarder.counters.register(registry, gateway.forwarder.pools);
  const text = await registry.metrics();
  const value = (line: string) => new RegExp(`^keygate_gateway_${line}.* (\\d+)$`, 'm').exec(text)?.[1];
  expect([
    value('breakers{state="open"'),
    value('breakers{state="half_open"'),
    value('backend_calls{state="running"'),
    value('backend_calls{state="waiting"'),
    value('backends{state="connected"'),
    value('backends{state="unwell"'),
    value('backend_retries_total'),
    value('backend_tokens_total{result="failed"'),
    value('health_checks_total{result="passed"'),
  ]).toEqual(['1', '0', '1', '1', '2', '0', '0', '0', '0']);
  expect(text).not.toMatch(/127\.0\.0\.1|\/open/);
  for (const client of clients) client.destroy();
});
