import { startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer } from './support/token-client.js';
import { startTraffic } from './support/traffic.js';

type Redis = Awaited<ReturnType<typeof startRedis>>;

describe.each([{ withRedis: true }, { withRedis: false }])('two gateways, Redis: $withRedis', ({ withRedis }) => {
  let redis: Redis | undefined;
  let backend: Backend;
  let keyManager: Role;
  let gateways: Role[];
  let cluster: Provisioned;

  beforeAll(async () => {
    redis = withRedis ? await startRedis() : undefined;
    backend = await startBackend();
    const offset = await freeOffset(2);
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-1',
      ...(redis === undefined ? {} : { redisUrl: redis.url }),
    };
    keyManager = await startKeyManager(settings);
    gateways = await Promise.all([
      startGateway(settings, offset, [keyManager]),
      startGateway(settings, offset + 1, [keyManager]),
    ]);
    cluster = await provision(settings, keyManager, backend);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([...(gateways ?? []), ...(keyManager ? [keyManager] : [])].map((role) => role.process.stop()));
    await redis?.stop();
    await backend?.close();
  });

  const gateway = (index: number): Role => {
    const found = gateways[index];
    if (found === undefined) {
      throw new Error(`no gateway ${index}`);
    }
    return found;
  };
  const status = async (role: Role, accessToken: string) =>
    (await cluster.client.call(`${role.url}${cluster.path}`, { headers: bearer(accessToken) })).status;
  const refusedEverywhere = async (accessToken: string) =>
    (await Promise.all(gateways.map((role) => status(role, accessToken)))).every((one) => one === 401);

  it('both serve a token that one of them fetched', async () => {
    const { access_token } = await cluster.tokensAt(gateway(0)).clientCredentials();
    await waitUntil(async () => (await status(gateway(1), access_token)) === 200, { timeoutMillis: 1_000 });
    expect(await status(gateway(0), access_token)).toBe(200);
  });

  it('a token revoked at one gateway is refused by both in under a second', async () => {
    const tokens = cluster.tokensAt(gateway(0));
    for (let round = 0; round < 5; round++) {
      const { access_token } = await tokens.clientCredentials();
      await Promise.all(
        gateways.map((role) =>
          waitUntil(async () => (await status(role, access_token)) === 200, { timeoutMillis: 1_000 }),
        ),
      );
      expect((await tokens.revoke(access_token)).status).toBe(200);
      await waitUntil(() => refusedEverywhere(access_token), { timeoutMillis: 1_000, what: 'both to refuse' });
    }
  });

  it('a token revoked at the key manager is refused by both in under a second', async () => {
    const { access_token } = await cluster.tokensAt(gateway(0)).clientCredentials();
    expect(await status(gateway(0), access_token)).toBe(200);
    expect(await status(gateway(1), access_token)).toBe(200);
    expect((await cluster.tokensAt(keyManager, '/oauth2').revoke(access_token)).status).toBe(200);
    await waitUntil(() => refusedEverywhere(access_token), { timeoutMillis: 1_000, what: 'both to refuse' });
  });

  it('a revoked token stays refused while calls with it never stop', async () => {
    const { access_token } = await cluster.tokensAt(gateway(0)).clientCredentials();
    await Promise.all(gateways.map((role) => status(role, access_token)));
    const seen: number[] = [];
    const traffic = startTraffic(async () => {
      const answer = await cluster.client.call(`${gateway(1).url}${cluster.path}`, { headers: bearer(access_token) });
      seen.push(answer.status);
      return answer;
    }, 200);
    await waitUntil(() => traffic.answered > 20);
    await cluster.tokensAt(gateway(0)).revoke(access_token);
    await waitUntil(() => refusedEverywhere(access_token), { timeoutMillis: 1_000, what: 'both to refuse' });
    const before = seen.length;
    await waitUntil(() => seen.length > before + 200);
    await traffic.stop();
    // Calls already in flight at the moment of refusal may still have been let through.
    expect(new Set(seen.slice(before + 8))).toEqual(new Set([401]));
  });

  if (withRedis) {
    it('known tokens keep working, and revocation keeps its bound, while Redis is dead', async () => {
      const tokens = cluster.tokensAt(gateway(0));
      const known = await tokens.clientCredentials();
      await Promise.all(gateways.map((role) => status(role, known.access_token)));
      const traffic = startTraffic(
        () => cluster.client.call(`${gateway(1).url}${cluster.path}`, { headers: bearer(known.access_token) }),
        200,
      );
      await waitUntil(() => traffic.answered > 20);
      await redis?.kill();
      const unknownToGateway = await tokens.clientCredentials();
      expect(await status(gateway(0), unknownToGateway.access_token)).toBe(200);
      const before = traffic.answered;
      await waitUntil(() => traffic.answered > before + 100);
      expect((await traffic.stop()).failures).toEqual([]);

      await tokens.revoke(known.access_token);
      await waitUntil(() => refusedEverywhere(known.access_token), { timeoutMillis: 1_000, what: 'both to refuse' });
    });
  }

  noSecretIsPrinted();
});
