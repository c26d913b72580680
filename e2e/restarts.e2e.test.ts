import { startPostgres, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { kill } from './support/processes.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer, type TokenAnswer } from './support/token-client.js';
import { startTraffic } from './support/traffic.js';

describe('restarts while traffic flows, on PostgreSQL and Redis', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let offset: number;
  let keyManager: Role;
  let first: Role;
  let second: Role;
  let cluster: Provisioned;
  let known: TokenAnswer;

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    offset = await freeOffset(2);
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-2',
      databaseUrl: postgres.url,
      redisUrl: redis.url,
    };
    keyManager = await startKeyManager(settings);
    [first, second] = await Promise.all([
      startGateway(settings, offset, [keyManager]),
      startGateway(settings, offset + 1, [keyManager]),
    ]);
    cluster = await provision(settings, keyManager, backend);
    known = await cluster.tokensAt(first).clientCredentials();
    await waitUntil(async () => (await call(first)).status === 200 && (await call(second)).status === 200);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([first, second, keyManager].map((role) => role?.process.stop()));
    await Promise.all([postgres?.stop(), redis?.stop(), backend?.close()]);
  });

  const call = (role: Role, accessToken = known.access_token) =>
    cluster.client.call(`${role.url}${cluster.path}`, { headers: bearer(accessToken) });

  it('no call with a known token fails while the key manager restarts', async () => {
    const traffic = startTraffic(() => call(first), 200);
    await waitUntil(() => traffic.answered > 50);
    expect(await keyManager.process.stop()).toEqual({ code: 0, signal: null });
    keyManager = await startKeyManager(settings);
    const before = traffic.answered;
    await waitUntil(() => traffic.answered > before + 50);
    expect((await traffic.stop()).failures).toEqual([]);
    await waitUntil(async () => (await tokenRequest(first)).status === 200, { what: 'the gateway to find it again' });
  });

  const tokenRequest = (role: Role) => cluster.tokensAt(role).request({ grant_type: 'client_credentials' });

  it('a gateway that is told to stop finishes what it has and refuses nothing it accepted', async () => {
    const traffic = startTraffic(() => call(second), 200);
    await waitUntil(() => traffic.answered > 50);
    const exit = second.process.stop();
    const { failures } = await untilRefused(traffic);
    expect(await exit).toEqual({ code: 0, signal: null });
    // New connections are refused once the listener is closed; nothing that was accepted may be cut off.
    expect(failures.filter((failure) => !/ECONNREFUSED/.test(failure))).toEqual([]);
    second = await startGateway(settings, offset + 1, [keyManager]);
    expect((await call(second)).status).toBe(200);

    async function untilRefused(running: typeof traffic) {
      await exit;
      return running.stop();
    }
  });

  describe('while the key manager is away', () => {
    beforeAll(async () => {
      await kill(keyManager.process);
    });
    afterAll(async () => {
      keyManager = await startKeyManager(settings);
    });

    it('token requests get 503 temporarily_unavailable with Retry-After', async () => {
      const answer = await tokenRequest(first);
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' });
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    });

    it('known tokens keep working; unknown ones get 503, never 401', async () => {
      expect((await call(first)).status).toBe(200);
      const answer = await call(first, '0'.repeat(32));
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBeDefined();
    });

    it('a gateway restarts from its copy of the catalogue', async () => {
      await second.process.stop();
      second = await startGateway(settings, offset + 1, [keyManager]);
      const answer = await call(second, '1'.repeat(32));
      expect(answer.status).toBe(503);
      const missing = await cluster.client.call(`${second.url}/nowhere/1.0.0/items`);
      expect(missing.status).toBe(404);
    });
  });

  it('recovers by itself when the key manager is back', async () => {
    await waitUntil(async () => (await tokenRequest(first)).status === 200, { timeoutMillis: 5_000 });
    await waitUntil(async () => (await tokenRequest(second)).status === 200, { timeoutMillis: 5_000 });
    await waitUntil(async () => (await call(second)).status === 200, { timeoutMillis: 5_000 });
    expect((await call(first, '2'.repeat(32))).status).toBe(401);
  });

  it('a frozen key manager answers within the deadline as one that is away', async () => {
    keyManager.process.signal('SIGSTOP');
    try {
      const traffic = startTraffic(() => call(first), 200, 2);
      const answer = await tokenRequest(first);
      expect(answer.status).toBe(503);
      expect((await traffic.stop()).failures).toEqual([]);
    } finally {
      keyManager.process.signal('SIGCONT');
    }
    await waitUntil(async () => (await tokenRequest(first)).status === 200, { timeoutMillis: 10_000 });
  });

  it('survives a frozen Redis: calls go on, tokens are issued', async () => {
    redis.pause();
    try {
      const fresh = await cluster.tokensAt(first).clientCredentials();
      expect((await call(first, fresh.access_token)).status).toBe(200);
      expect((await call(first)).status).toBe(200);
    } finally {
      redis.resume();
    }
  });

  noSecretIsPrinted();
});
