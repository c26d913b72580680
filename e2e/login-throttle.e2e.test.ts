import { startPostgres, startRedis, temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { basic } from './support/token-client.js';

/** Whoever guesses a password here, and the victim, who is elsewhere. */
const attacker = '127.0.0.1';
const victim = '127.0.0.2';

describe('guessing passwords', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let roles: Role[] = [];
  let gateway: Role;
  let cluster: Provisioned;

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    const offset = await freeOffset(2);
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-9',
      databaseUrl: postgres.url,
      redisUrl: redis.url,
    };
    const [first, second] = await Promise.all([startKeyManager(settings), startKeyManager(settings, offset + 1)]);
    gateway = await startGateway(settings, offset, [first, second]);
    roles = [first, second, gateway];
    cluster = await provision(settings, first, backend);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await Promise.all([postgres?.stop(), redis?.stop(), backend?.close()]);
  });

  const login = (password: string, from: string, url = `${gateway.url}/token`) =>
    cluster.client.call(url, {
      method: 'POST',
      from,
      headers: {
        Authorization: basic(cluster.consumer.consumerKey, cluster.consumer.consumerSecret),
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ grant_type: 'password', username: 'admin', password }).toString(),
    });

  it('ends in 429 with Retry-After at the gateway and at every key manager', async () => {
    const statuses: number[] = [];
    // Each failure after the fifth doubles the delay, so that some guess comes too early on the slowest machine.
    while (statuses.at(-1) !== 429 && statuses.length < 12) {
      statuses.push((await login('guess', attacker)).status);
    }
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(400));
    expect(statuses.at(-1)).toBe(429);

    // Fifty at once and over all ways in: the store counts for them all, and what it lets through makes it stricter.
    const [first, second] = roles.map(({ url }) => `${url}/oauth2/token`);
    const ways = [`${gateway.url}/token`, first, second];
    const burst = await Promise.all(Array.from({ length: 50 }, (_, at) => login('guess', attacker, ways[at % 3])));
    // A key manager that does not hear from Redis in time counts by itself, with five free attempts of its own.
    expect(burst.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(2 + 2 * 5);
    const delayed = burst.find(({ status }) => status === 429);
    expect(Number(delayed?.headers['retry-after'])).toBeGreaterThan(0);
    expect(delayed?.json()).toEqual({
      error_description: 'Too many failed attempts. Try again later.',
      error: 'temporarily_unavailable',
    });
  });

  it('does not keep the victim out, who is elsewhere', async () => {
    const answer = await login(settings.adminPassword, victim);
    expect(answer.status).toBe(200);
  });

  it('does not keep an application from its own token', async () => {
    const answer = await cluster.tokensAt(gateway).request({ grant_type: 'client_credentials' });
    expect(answer.status).toBe(200);
  });

  noSecretIsPrinted();
});
