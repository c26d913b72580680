import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
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
import {
  createApi,
  createApplication,
  deploy,
  devportal,
  generateKeys,
  type Management,
  management,
  publish,
  publisher,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { secret } from './support/secrets.js';
import { basic, bearer, tokenClient } from './support/token-client.js';

const path = '/kitchen/1.0.0/menu';

/** A user with the role that the scope of the API asks for, an own application, and tokens of both. */
interface Cook {
  readonly username: string;
  readonly password: string;
  readonly id: string;
  readonly rest: Management;
  readonly applicationId: string;
  readonly keyMappingId: string;
  /** Of the user, by an application of the administrator. */
  readonly userToken: string;
  /** Of the user's application for itself. */
  readonly applicationToken: string;
  /** Of somebody else, by the user's application. */
  readonly guestToken: string;
}

describe('tokens end at both gateways in under a second', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let keyManager: Role;
  let gateways: Role[] = [];
  let client: Client;
  let admin: Management;
  let apiId: string;
  let kitchen: ReturnType<typeof tokensOf>;
  let guest: { readonly username: string; readonly password: string };
  let bystander: string;

  const tokensOf = (consumer: { readonly consumerKey: string; readonly consumerSecret: string }) => {
    const url = `${gateways[0]?.url}`;
    return tokenClient(client, { tokenUrl: `${url}/token`, revokeUrl: `${url}/revoke` }, consumer);
  };
  const scim = async <T>(method: string, at: string, body?: unknown): Promise<T> => {
    const answer = await client.call(`${keyManager.url}/scim2${at}`, {
      method,
      headers: { Authorization: basic('admin', settings.adminPassword), 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status > 299) throw new Error(`${method} ${at} answered ${answer.status}: ${answer.text}`);
    return (answer.text === '' ? undefined : answer.json()) as T;
  };
  const patch = (at: string, ...Operations: unknown[]) => scim('PATCH', at, { Operations });
  const keygate = async (...args: string[]) => {
    const file = join(settings.dataDir, 'password.txt');
    writeFileSync(file, 'canary-Cli-password-1\n');
    const env = { DATABASE_URL: settings.databaseUrl, KEYGATE_DATA_DIR: settings.dataDir };
    const finished = await runKeygate(args, { cwd: settings.dataDir, env });
    expect(finished.code, finished.output).toBe(0);
    return finished.output;
  };

  async function addUser(...roles: string[]) {
    const username = `user${randomBytes(4).toString('hex')}`;
    const password = secret(`canary-${randomBytes(6).toString('hex')}`, 'the password of a user');
    const { id } = await scim<{ id: string }>('POST', '/Users', { userName: username, password, roles });
    return { username, password, id };
  }

  async function addCook(...more: string[]): Promise<Cook> {
    const user = await addUser('Internal/subscriber', 'cooks', ...more);
    const rest = await management(client, keyManager.url, user.username, user.password);
    const applicationId = await createApplication(rest, 'own');
    const key = await generateKeys(rest, applicationId);
    await subscribe(rest, applicationId, apiId);
    const own = tokensOf(key);
    const tokens = {
      userToken: (await kitchen.password(user.username, user.password, 'cook')).access_token,
      applicationToken: (await own.clientCredentials('cook')).access_token,
      guestToken: (await own.password(guest.username, guest.password, 'cook')).access_token,
    };
    // The catalogue with the new application may still be on its way; from here on both have every token in memory.
    await waitUntil(async () => (await statesOf(Object.values(tokens))).every((status) => status === 200));
    return { ...user, rest, applicationId, keyMappingId: key.keyMappingId, ...tokens };
  }

  const statesOf = (tokens: readonly string[]): Promise<number[]> =>
    Promise.all(
      tokens.flatMap((token) =>
        gateways.map(async ({ url }) => (await client.call(`${url}${path}`, { headers: bearer(token) })).status),
      ),
    );
  async function expectDead(...tokens: string[]): Promise<void> {
    const areDead = async () => (await statesOf(tokens)).every((status) => status === 401);
    await waitUntil(areDead, { timeoutMillis: 1_000, what: 'both gateways to refuse' });
  }
  async function expectAlive(...tokens: string[]): Promise<void> {
    expect(new Set(await statesOf([...tokens, bystander]))).toEqual(new Set([200]));
  }

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    const offset = await freeOffset(2);
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-8',
      databaseUrl: secret(postgres.url, 'the database URL'),
      redisUrl: redis.url,
    };
    keyManager = await startKeyManager(settings);
    gateways = await Promise.all([
      startGateway(settings, offset, [keyManager]),
      startGateway(settings, offset + 1, [keyManager]),
    ]);
    client = clusterClient(settings);
    await scim('POST', '/v2/Roles', { displayName: 'cooks' });
    admin = await management(client, keyManager.url, 'admin', settings.adminPassword);
    const api = await createApi(admin, {
      name: 'kitchen',
      context: '/kitchen',
      backendUrl: backend.url,
      scopes: { cook: ['cooks'] },
      operations: [{ target: '/menu', verb: 'GET', scopes: ['cook'] }],
    });
    apiId = api.id;
    await deploy(admin, api);
    await publish(admin, api);
    const applicationId = await createApplication(admin, 'kitchen');
    kitchen = tokensOf(await generateKeys(admin, applicationId));
    await subscribe(admin, applicationId, apiId);
    guest = await addUser('cooks');
    bystander = (await kitchen.password(guest.username, guest.password, 'cook')).access_token;
  });
  afterAll(async () => {
    client?.close();
    await Promise.all([...gateways, ...(keyManager ? [keyManager] : [])].map((role) => role.process.stop()));
    await Promise.all([redis?.stop(), postgres?.stop(), backend?.close()]);
  });

  const removal = { op: 'remove', path: 'roles[value eq "cooks"]' };
  const roleId = async (name: string) => {
    const filter = encodeURIComponent(`displayName eq "${name}"`);
    const found = await scim<{ Resources: { id: string }[] }>('GET', `/v2/Roles?filter=${filter}`);
    return found.Resources[0]?.id;
  };

  it.each<[string, (cook: Cook) => Promise<unknown>]>([
    [
      'set by the administrator',
      ({ id }) => patch(`/Users/${id}`, { op: 'replace', path: 'password', value: 'another one' }),
    ],
    ['put by the administrator', ({ id }) => scim('PUT', `/Users/${id}`, { password: 'another one' })],
    [
      'changed by the user',
      ({ rest, password }) =>
        rest.ok('POST', `${devportal}/me/change-password`, { currentPassword: password, newPassword: 'another one' }),
    ],
    [
      'set on the command line',
      ({ username }) => keygate('users', 'set-password', username, '--password-file', 'password.txt'),
    ],
  ])('a password that is %s ends the tokens of the user', async (_, change) => {
    const cook = await addCook();
    await change(cook);
    await expectDead(cook.userToken);
    await expectAlive(cook.applicationToken, cook.guestToken);
  });

  it.each<[string, (cook: Cook) => Promise<unknown>]>([
    ['locked', ({ id }) => patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })],
    ['deleted', ({ id }) => scim('DELETE', `/Users/${id}`)],
    ['locked on the command line', ({ username }) => keygate('users', 'lock', username)],
    ['deleted on the command line', ({ username }) => keygate('users', 'delete', username)],
    ['taken a role by PATCH of the user', ({ id }) => patch(`/Users/${id}`, removal)],
    ['taken a role by PUT of the user', ({ id }) => scim('PUT', `/Users/${id}`, { roles: ['Internal/subscriber'] })],
    [
      'taken out of the role',
      async ({ id }) => patch(`/v2/Roles/${await roleId('cooks')}`, { op: 'remove', path: `users[value eq "${id}"]` }),
    ],
  ])('a user who is %s loses the tokens, and so do own applications for themselves', async (_, change) => {
    const cook = await addCook();
    await change(cook);
    await expectDead(cook.userToken, cook.applicationToken);
    await expectAlive(cook.guestToken);
  });

  it('a role that is deleted ends the tokens of its members', async () => {
    await scim('POST', '/v2/Roles', { displayName: 'brief' });
    const cook = await addCook('brief');
    await scim('DELETE', `/v2/Roles/${await roleId('brief')}`);
    await expectDead(cook.userToken, cook.applicationToken);
    await expectAlive(cook.guestToken);
  });

  it.each<[string, (cook: Cook) => Promise<unknown>]>([
    ['an application', ({ rest, applicationId }) => rest.ok('DELETE', `${devportal}/applications/${applicationId}`)],
    [
      'a consumer key',
      ({ rest, applicationId, keyMappingId }) =>
        rest.ok('DELETE', `${devportal}/applications/${applicationId}/oauth-keys/${keyMappingId}`),
    ],
  ])('%s that is deleted ends every token it got', async (_, change) => {
    const cook = await addCook();
    await change(cook);
    await expectDead(cook.applicationToken, cook.guestToken);
    await expectAlive(cook.userToken);
  });

  it('a scope that is bound to other roles ends the tokens of those who may no longer have it', async () => {
    await scim('POST', '/v2/Roles', { displayName: 'chefs' });
    const cook = await addCook();
    await patch(`/v2/Roles/${await roleId('chefs')}`, {
      op: 'add',
      path: 'users',
      value: [
        {
          value: (
            await scim<{ Resources: { id: string }[] }>(
              'GET',
              `/Users?filter=${encodeURIComponent(`userName eq "${guest.username}"`)}`,
            )
          ).Resources[0]?.id,
        },
      ],
    });
    await admin.ok('PUT', `${publisher}/apis/${apiId}`, {
      scopes: [{ scope: { name: 'cook', displayName: 'cook', bindings: ['chefs'] }, shared: false }],
    });
    await expectDead(cook.userToken, cook.applicationToken);
    await expectAlive(cook.guestToken);
  });

  it('and all of it is in one audit log that verifies', async () => {
    const verdict = await keygate('audit', 'verify', '--json');
    expect(JSON.parse(verdict)).toMatchObject({ ok: true });
    const events = JSON.parse(await keygate('audit', 'list', '--limit', '1000', '--json')) as {
      action: string;
      clientAddress?: string;
    }[];
    const actions = new Set(events.map(({ action }) => action));
    for (const action of ['user.password_set', 'user.locked', 'user.deleted', 'user.roles_set', 'role.deleted']) {
      expect(actions).toContain(action);
    }
    expect(actions).toContain('role.members_changed');
    expect(actions).toContain('application.deleted');
  });

  noSecretIsPrinted();
});
