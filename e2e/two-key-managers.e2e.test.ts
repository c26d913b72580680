import { startPostgres, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { kill } from './support/processes.js';
import { type Provisioned, provision } from './support/provision.js';
import { bearer, remember, type TokenAnswer } from './support/token-client.js';
import { startTraffic } from './support/traffic.js';

describe('two key managers on one PostgreSQL', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let offset: number;
  let first: Role;
  let second: Role;
  let gateway: Role;
  let otherGateway: Role;
  let cluster: Provisioned;

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    offset = await freeOffset(2);
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-4',
      databaseUrl: postgres.url,
      redisUrl: redis.url,
    };
    // Both at once on an empty database: exactly one migrates, the other waits for it.
    [first, second] = await Promise.all([startKeyManager(settings), startKeyManager(settings, offset + 1)]);
    gateway = await startGateway(settings, offset, [first, second]);
    otherGateway = await startGateway(settings, offset + 1, [second, first]);
    cluster = await provision(settings, first, backend);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([gateway, otherGateway, first, second].map((role) => role?.process.stop()));
    await Promise.all([postgres?.stop(), redis?.stop(), backend?.close()]);
  });

  const status = async (accessToken: string) =>
    (await cluster.client.call(`${gateway.url}${cluster.path}`, { headers: bearer(accessToken) })).status;

  it('a token issued by one is known, and can be revoked, at the other', async () => {
    const { access_token } = await cluster.tokensAt(first, '/oauth2').clientCredentials();
    await waitUntil(async () => (await status(access_token)) === 200, { timeoutMillis: 1_000 });
    expect((await cluster.tokensAt(second, '/oauth2').revoke(access_token)).status).toBe(200);
    await waitUntil(async () => (await status(access_token)) === 401, { timeoutMillis: 1_000 });
  });

  it('parallel refreshes of one token over both get one and the same successor, and the family lives', async () => {
    const user = await cluster.tokensAt(first, '/oauth2').password('admin', settings.adminPassword);
    const refresh = (role: Role, token: string) => cluster.tokensAt(role, '/oauth2').refresh(token);
    // One rotates; three more are within what a client that lost the answer may ask for.
    const roles = [first, second, first, second];
    const granted = await Promise.all(roles.map((role) => refresh(role, user.refresh_token ?? '')));
    expect(new Set(granted.map((tokens) => `${tokens.access_token} ${tokens.refresh_token}`)).size).toBe(1);
    const next = await refresh(second, granted[0]?.refresh_token ?? '');
    expect(next.access_token).not.toBe(granted[0]?.access_token);
  });

  it('fifty parallel uses of one refresh token over both gateways rotate it once', async () => {
    const user = await cluster.tokensAt(gateway).password('admin', settings.adminPassword);
    const parameters = { grant_type: 'refresh_token', refresh_token: user.refresh_token ?? '' };
    const clients = [cluster.tokensAt(gateway), cluster.tokensAt(otherGateway)];
    const answers = await Promise.all(
      Array.from(
        { length: 50 },
        (_, nth) => clients[nth % 2]?.request(parameters) ?? Promise.reject(new Error('none')),
      ),
    );
    const granted = answers.filter((answer) => answer.status === 200).map((answer) => answer.json<TokenAnswer>());
    expect(granted.length).toBeGreaterThan(0);
    const pairs = granted.map((tokens) => remember(tokens)).map((one) => `${one.access_token} ${one.refresh_token}`);
    expect(new Set(pairs).size).toBe(1);
    // Whoever came too often is refused, and nothing else: no 500, and the family lives on.
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(new Set(refused.map((answer) => `${answer.status} ${answer.json().error}`))).toEqual(
      new Set(refused.length > 0 ? ['400 invalid_grant'] : []),
    );
    const next = await cluster.tokensAt(otherGateway).refresh(granted[0]?.refresh_token ?? '');
    expect(next.access_token).not.toBe(granted[0]?.access_token);
  });

  it('token requests go on when one of them is killed', async () => {
    const tokens = cluster.tokensAt(gateway);
    const traffic = startTraffic(() => tokens.request({ grant_type: 'client_credentials' }), 200, 2);
    await waitUntil(() => traffic.answered > 30, { timeoutMillis: 20_000 });
    await kill(second.process);
    const before = traffic.answered;
    await waitUntil(() => traffic.answered > before + 30, { timeoutMillis: 20_000 });
    const { failures } = await traffic.stop();
    // Requests in flight at the dying server may get 503 (they are not repeated: the server may have committed); no
    // other kind of failure, and none once it is known to be gone.
    expect(failures.filter((failure) => !failure.startsWith('503'))).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(4);
    second = await startKeyManager(settings, offset + 1);
  });

  it('no token request fails while one of them restarts as it should', async () => {
    const tokens = cluster.tokensAt(gateway);
    await untilGatewayReaches(second);
    const traffic = startTraffic(() => tokens.request({ grant_type: 'client_credentials' }), 200, 2);
    await waitUntil(() => traffic.answered > 30, { timeoutMillis: 20_000 });
    expect(await first.process.stop()).toEqual({ code: 0, signal: null });
    first = await startKeyManager(settings);
    const before = traffic.answered;
    await waitUntil(() => traffic.answered > before + 30, { timeoutMillis: 20_000 });
    expect((await traffic.stop()).failures).toEqual([]);
  });

  /** A key manager that came back is ready before the gateway has connected to it again, up to a second later. */
  async function untilGatewayReaches(keyManager: Role): Promise<void> {
    const id = `reaches-${keyManager.process.pid}`;
    await waitUntil(
      async () => {
        // A refusal: key managers write no line of their own for what went well.
        const refused = { grant_type: 'refresh_token', refresh_token: 'unknown' };
        await cluster.tokensAt(gateway).request(refused, { activityid: id });
        return keyManager.process.output().includes(id);
      },
      { what: 'the gateway to reach a key manager that came back' },
    );
  }

  noSecretIsPrinted();
});
