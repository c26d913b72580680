import { startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { allScopes, devportal, type Management, management } from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer } from './support/token-client.js';

const admin = '/api/am/admin/v4';
const limit = 12;
const perDay = (requestCount: number) => ({
  type: 'REQUESTCOUNTLIMIT',
  requestCount: { timeUnit: 'days', unitTime: 1, requestCount },
});

describe.each(['merged', 'strict'] as const)('limits of three gateways that share a Redis, mode %s', (mode) => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let keyManager: Role;
  let gateways: Role[] = [];
  let cluster: Provisioned;
  let rest: Management;
  let accessToken: string;

  beforeAll(async () => {
    [redis, backend] = await Promise.all([startRedis(), startBackend()]);
    const offset = await freeOffset(3);
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-7',
      redisUrl: redis.url,
      // A test machine may be busy; what is late is not what is tested.
      env: { GATEWAY_THROTTLING_MODE: mode, REDIS_COMMAND_TIMEOUT_MILLIS: '2000' },
    };
    keyManager = await startKeyManager(settings);
    gateways = await Promise.all([0, 1, 2].map((index) => startGateway(settings, offset + index, [keyManager])));
    cluster = await provision(settings, keyManager, backend);
    rest = await management(cluster.client, keyManager.url, 'admin', settings.adminPassword, allScopes);
    accessToken = (await cluster.tokensAt(gatewayAt(0)).clientCredentials()).access_token;
    await everywhere(200);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([...gateways, ...(keyManager ? [keyManager] : [])].map((role) => role.process.stop()));
    await Promise.all([redis?.stop(), backend?.close()]);
  });

  const gatewayAt = (index: number): Role => {
    const found = gateways[index];
    if (found === undefined) throw new Error(`no gateway ${index}`);
    return found;
  };
  const call = (role: Role) => cluster.client.call(`${role.url}${cluster.path}`, { headers: bearer(accessToken) });
  const statuses = async () => Promise.all(gateways.map(async (role) => (await call(role)).status));
  const everywhere = (status: number) =>
    waitUntil(async () => (await statuses()).every((one) => one === status), { what: `${status} at every gateway` });
  const metric = async ({ offset }: Role, name: string) => {
    const metrics = await fetch(`http://127.0.0.1:${defaultPorts.gatewayOperations + offset}/metrics`);
    return Number(new RegExp(`^keygate_gateway_${name}\\S* (\\S+)$`, 'm').exec(await metrics.text())?.[1]);
  };
  const useTier = async (throttlingPolicy: string) => {
    const path = `${devportal}/applications/${cluster.applicationId}`;
    const application = await rest.ok<Record<string, unknown>>('GET', path);
    await rest.ok('PUT', path, { ...application, throttlingPolicy });
  };
  const createTier = (policyName: string, count: number) =>
    rest.ok('POST', `${admin}/throttling/policies/application`, {
      policyName,
      displayName: policyName,
      type: 'ApplicationThrottlePolicy',
      defaultLimit: perDay(count),
    });

  /** Calls all gateways at once, again and again, until none lets anything through; how many calls passed. */
  async function passing(): Promise<number> {
    let passed = 0;
    await waitUntil(
      async () => {
        const answers = await Promise.all(gateways.flatMap((role) => [call(role), call(role)]));
        const ok = answers.filter(({ status }) => status === 200).length;
        passed += ok;
        return ok === 0;
      },
      { what: 'the limit to be used up' },
    );
    return passed;
  }

  it('hold as the mode says, and every gateway says when to come back', async () => {
    await createTier('Twelve', limit);
    await useTier('Twelve');
    await waitUntil(async () => (await call(gatewayAt(0))).headers['ratelimit-limit'] === String(limit));
    await waitUntil(async () => (await call(gatewayAt(1))).headers['ratelimit-limit'] === String(limit));
    await waitUntil(async () => (await call(gatewayAt(2))).headers['ratelimit-limit'] === String(limit));
    await rest.ok('POST', `${devportal}/applications/${cluster.applicationId}/reset-throttle-policy`, {
      userName: 'admin',
    });
    // The first answer after the reset says that it has come.
    for (const role of gateways) {
      await waitUntil(async () => Number((await call(role)).headers['ratelimit-remaining']) > 0, { what: 'the reset' });
    }
    const passed = await passing();
    // By then strict counts have nothing left, and not one call more got through.
    if (mode === 'strict') expect(passed).toBeLessThanOrEqual(limit);
    // What gateways can let through that have not yet heard of each other.
    else expect(passed).toBeLessThanOrEqual(limit * gateways.length);
    for (const role of gateways) {
      const refused = await call(role);
      expect(refused.status).toBe(429);
      expect(refused.json()).toMatchObject({ code: '900803', message: 'Message throttled out' });
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    }
  });

  it('change at once everywhere with the tier', async () => {
    await useTier('Unlimited');
    await everywhere(200);
    await useTier('Twelve');
    await everywhere(429);
  });

  it('start again at once everywhere with a reset', async () => {
    await rest.ok('POST', `${devportal}/applications/${cluster.applicationId}/reset-throttle-policy`, {
      userName: 'admin',
    });
    await everywhere(200);
    await useTier('Unlimited');
    await everywhere(200);
  });

  it('refuse whom a deny policy names, until it is gone', async () => {
    const rule = await rest.ok<{ conditionId: string }>('POST', `${admin}/throttling/deny-policies`, {
      conditionType: 'USER',
      conditionValue: 'admin',
      conditionStatus: true,
    });
    await everywhere(403);
    expect((await call(gatewayAt(2))).json()).toMatchObject({ code: '900805', message: 'Message blocked' });
    await rest.ok('DELETE', `${admin}/throttling/deny-policy/${rule.conditionId}`);
    await everywhere(200);
  });

  it('are each gateway’s own while Redis is away, which it says, and nobody waits', async () => {
    await createTier('Three', 3);
    await redis.kill();
    await waitUntil(
      async () =>
        (await Promise.all(gateways.map((role) => metric(role, 'throttle_shared')))).every((one) => one === 0),
      { what: 'every gateway to be alone' },
    );
    await useTier('Three');
    await everywhere(429);
    for (const { offset } of gateways) {
      const ready = await fetch(`http://127.0.0.1:${defaultPorts.gatewayOperations + offset}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.text()).toContain('this gateway counts for itself');
    }
  });

  noSecretIsPrinted();
});
