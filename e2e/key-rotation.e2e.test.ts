import { setTimeout as pause } from 'node:timers/promises';
import { startPostgres, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type AdministeredCluster,
  clusterClient,
  type Role,
  startGateway,
  startKeyManager,
} from './support/cluster.js';
import type { Client } from './support/https-client.js';
import { createApplication, generateKeys, management, subscribe } from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { basic, bearer, type Consumer, remember, type TokenAnswer, tokenClient } from './support/token-client.js';

const rotations = 20;
/** Of the key set; a new key is published for this long before it signs. */
const maxAgeSeconds = 1;

interface ShownKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: string;
}

describe('signing keys that rotate under load', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let keyManagers: Role[];
  let gateways: Role[];
  let cluster: Provisioned;
  let client: Client;
  let jwtConsumer: Consumer;
  let issuer: string;

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    const offset = await freeOffset(2);
    issuer = `https://localhost:${9443 + offset}/oauth2/token`;
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-21',
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      env: {
        KEY_MANAGER_JWKS_MAX_AGE_SECONDS: String(maxAgeSeconds),
        KEY_MANAGER_SIGNING_ALGORITHM: 'ES256',
        KEY_MANAGER_PUBLIC_URL: `https://localhost:${9443 + offset}`,
      },
    };
    keyManagers = await Promise.all([startKeyManager(settings), startKeyManager(settings, offset + 1)]);
    gateways = await Promise.all([
      startGateway(settings, offset, keyManagers),
      startGateway(settings, offset + 1, [...keyManagers].reverse()),
    ]);
    client = clusterClient(settings);
    const [keyManager] = keyManagers as [Role, Role];
    cluster = await provision(settings, keyManager, backend);
    const rest = await management(client, keyManager.url, 'admin', settings.adminPassword);
    const applicationId = await createApplication(rest, 'jwt-application', 'JWT');
    jwtConsumer = await generateKeys(rest, applicationId);
    await subscribe(rest, applicationId, cluster.apiId);
  });
  afterAll(async () => {
    client?.close();
    cluster?.client.close();
    await Promise.all([...(gateways ?? []), ...(keyManagers ?? [])].map((role) => role.process.stop()));
    await Promise.all([postgres?.stop(), redis?.stop(), backend?.close()]);
  });

  const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  const tokensAt = (role: Role) =>
    tokenClient(client, { tokenUrl: `${role.url}/token`, revokeUrl: `${role.url}/revoke` }, jwtConsumer);

  async function administratorToken(): Promise<string> {
    const [{ url }] = keyManagers as [Role, Role];
    const { consumerKey, consumerSecret } = jwtConsumer;
    const answer = await client.call(`${url}/oauth2/token`, {
      method: 'POST',
      headers: {
        Authorization: basic(consumerKey, consumerSecret),
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: `grant_type=password&username=admin&password=${settings.adminPassword}&scope=apim:admin`,
    });
    return answer.json<{ access_token: string }>().access_token;
  }

  /** A key set as a resource server keeps it: fetched again when its age is over, and never because a key is missing. */
  function keySetAt(url: string) {
    return createRemoteJWKSet(new URL(url), {
      cacheMaxAge: maxAgeSeconds * 1_000,
      cooldownDuration: 60_000,
      [customFetch]: async (address: string) => {
        const { status, text } = await client.call(address);
        return new Response(text, { status, headers: { 'content-type': 'application/json' } });
      },
    });
  }

  it(`fail no verification in ${rotations} rotations`, { timeout: 240_000 }, async () => {
    const administrator = bearer(await administratorToken());
    const admin = async (method: string, path: string, body?: object) => {
      const answer = await client.call(`${of(keyManagers, 1).url}/api/am/admin/v4${path}`, {
        method,
        headers: { ...administrator, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      expect([answer.status, answer.text]).toEqual([method === 'POST' ? 202 : 200, answer.text]);
      return answer.json<{ list: ShownKey[] }>().list;
    };
    const sets = [
      keySetAt(`${of(keyManagers, 0).url}/oauth2/jwks`),
      keySetAt(`${of(keyManagers, 1).url}/oauth2/jwks`),
      keySetAt(`${of(gateways, 0).url}/jwks`),
      keySetAt(`${of(gateways, 1).url}/jwks`),
    ];
    const failures: string[] = [];
    const signers = new Set<string | undefined>();
    let issued = 0;
    let running = true;
    const load = async (worker: number) => {
      for (let turn = worker; running; turn++) {
        try {
          const { access_token: token } = await tokensAt(of(gateways, turn)).clientCredentials();
          issued += 1;
          for (const set of sets) {
            const { protectedHeader } = await jwtVerify(token, set, { issuer, typ: 'at+jwt' });
            signers.add(protectedHeader.kid);
          }
          // The gateway that did not issue it is the first to see it.
          for (const gateway of [of(gateways, turn + 1), of(gateways, turn)]) {
            const called = await client.call(`${gateway.url}${cluster.path}`, { headers: bearer(token) });
            if (called.status !== 200) failures.push(`${called.status} ${called.text.slice(0, 200)}`);
          }
        } catch (problem) {
          failures.push(String(problem));
        }
        await pause(20);
      }
    };
    const workers = [0, 1, 2].map(load);
    const early = (await tokensAt(of(gateways, 0)).clientCredentials()).access_token;
    try {
      for (let rotation = 0; rotation < rotations; rotation++) {
        const [pending] = await admin('POST', '/signing-keys/rotate', { algorithm: 'ES256' });
        await waitUntil(
          async () => {
            const keys = await admin('GET', '/signing-keys');
            return keys.some(({ kid, state }) => kid === pending?.kid && state === 'active');
          },
          { timeoutMillis: 30_000, what: 'the activation of the key' },
        );
        const before = issued;
        await waitUntil(async () => issued > before + 2 && signers.has(pending?.kid ?? ''), {
          timeoutMillis: 30_000,
          what: 'tokens of the new key',
        });
      }
    } finally {
      running = false;
      await Promise.all(workers);
    }
    expect(failures).toEqual([]);
    expect(signers.size).toBeGreaterThanOrEqual(rotations);
    // What was signed before all of them is verified and let in still.
    for (const set of sets) await jwtVerify(early, set, { issuer });
    expect((await client.call(`${of(gateways, 1).url}${cluster.path}`, { headers: bearer(early) })).status).toBe(200);
    const states = (await admin('GET', '/signing-keys')).filter(({ algorithm }) => algorithm === 'ES256');
    expect(states.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(states.filter(({ state }) => state === 'retiring')).toHaveLength(rotations);
  });

  it('keep a revoked JWT out of every gateway within a second', async () => {
    const { access_token: token } = await tokensAt(of(gateways, 0)).clientCredentials();
    const status = async (gateway: Role) =>
      (await client.call(`${gateway.url}${cluster.path}`, { headers: bearer(token) })).status;
    for (const gateway of gateways) expect(await status(gateway)).toBe(200);
    await tokensAt(of(gateways, 0)).revoke(token);
    await waitUntil(async () => (await Promise.all(gateways.map(status))).every((each) => each === 401), {
      timeoutMillis: 1_000,
      what: 'the refusal by every gateway',
    });
  });
});

describe('reuseActiveToken over two key managers', () => {
  it('gives 200 parallel requests one and the same pair', { timeout: 240_000 }, async () => {
    const postgres = await startPostgres();
    const offset = await freeOffset(2);
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-22',
      databaseUrl: postgres.url,
      env: { KEY_MANAGER_REUSE_ACTIVE_TOKEN: 'true' },
    };
    const roles = await Promise.all([startKeyManager(settings), startKeyManager(settings, offset + 1)]);
    const client = clusterClient(settings);
    const [keyManager] = roles;
    const rest = await management(client, keyManager.url, 'admin', settings.adminPassword);
    const consumer = await generateKeys(rest, await createApplication(rest, 'reusing'));
    const at = (role: Role) =>
      tokenClient(client, { tokenUrl: `${role.url}/oauth2/token`, revokeUrl: `${role.url}/oauth2/revoke` }, consumer);
    const own = await Promise.all(Array.from({ length: 200 }, (_, n) => at(of2(roles, n)).clientCredentials()));
    expect(new Set(own.map(({ access_token }) => access_token)).size).toBe(1);
    // However busy the machine is with 200 password hashes: what counts is the answer.
    const login = async (role: Role) => {
      const answer = await client.call(`${role.url}/oauth2/token`, {
        method: 'POST',
        headers: {
          Authorization: basic(consumer.consumerKey, consumer.consumerSecret),
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: `grant_type=password&username=admin&password=${settings.adminPassword}`,
        timeoutMillis: 150_000,
      });
      expect([answer.status, answer.text]).toEqual([200, answer.text]);
      return remember(answer.json<TokenAnswer>());
    };
    const users = await Promise.all(Array.from({ length: 200 }, (_, n) => login(of2(roles, n))));
    expect(new Set(users.map((pair) => `${pair.access_token} ${pair.refresh_token}`)).size).toBe(1);
    const [{ access_token: token = '' } = {}] = users;
    await at(keyManager).revoke(token);
    expect((await login(roles[1])).access_token).not.toBe(token);
    client.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await postgres.stop();
  });

  noSecretIsPrinted();
});

const of2 = (roles: readonly [Role, Role], index: number): Role => roles[index % 2 === 0 ? 0 : 1];
