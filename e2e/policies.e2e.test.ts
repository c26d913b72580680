import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, temporaryFolder, waitUntil } from '@keygate/common/testing';
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
  allScopes,
  createApi,
  deploy,
  devportal,
  generateKeys,
  type Management,
  management,
  publish,
  publisher,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { secret } from './support/secrets.js';
import { addTenant } from './support/tenant.js';
import { bearer, tokenClient } from './support/token-client.js';

const policies = '/api/am/admin/v4/throttling/policies';
const denied = '/api/am/admin/v4/throttling/deny-policies';
const inForce = { timeoutMillis: 1_000 };

interface Listed {
  readonly count: number;
  readonly list: Record<string, unknown>[];
}

describe('policies as administrators, publishers and subscribers meet them', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let keyManager: Role;
  let gateway: Role;
  let client: Client;
  let admin: Management;
  let tenantAdmin: Management;
  let maker: Management;
  let subscriber: Management;
  const password = secret('canary-User-password-8', 'the password of the users');

  const addUser = async (login: string, ...roles: string[]) => {
    const file = join(settings.dataDir, 'password.txt');
    writeFileSync(file, `${password}\n`);
    const flags = roles.flatMap((role) => ['--role', role]);
    const finished = await runKeygate(['users', 'create', login, ...flags, '--password-file', file], {
      cwd: settings.dataDir,
      env: { DATABASE_URL: postgres.url, KEYGATE_DATA_DIR: settings.dataDir },
    });
    expect(finished.code, finished.output).toBe(0);
    return management(client, keyManager.url, login, password, allScopes);
  };

  beforeAll(async () => {
    [postgres, backend] = await Promise.all([startPostgres(), startBackend()]);
    settings = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword: 'canary-Admin-password-8',
      databaseUrl: secret(postgres.url, 'the database URL'),
    };
    keyManager = await startKeyManager(settings);
    gateway = await startGateway(settings, settings.offset, [keyManager]);
    client = clusterClient(settings);
    await addTenant(postgres.url, 'tenant1.com', ['admin']);
    admin = await management(client, keyManager.url, 'admin', settings.adminPassword, allScopes);
    tenantAdmin = await addUser('tess@tenant1.com', 'admin');
    maker = await addUser('mia', 'Internal/creator', 'Internal/publisher');
    subscriber = await addUser('sam', 'Internal/subscriber');
  });
  afterAll(async () => {
    client?.close();
    await Promise.all([gateway, keyManager].map((role) => role?.process.stop()));
    await Promise.all([postgres?.stop(), backend?.close()]);
  });

  const perHour = (requestCount: number) => ({
    type: 'REQUESTCOUNTLIMIT',
    requestCount: { timeUnit: 'hour', unitTime: 1, requestCount },
  });
  const make = (level: string, body: object, by = admin) =>
    by.ok<{ policyId: string }>('POST', `${policies}/${level}`, body);

  it('an administrator makes, reads, changes, finds, exports and deletes policies of every level', async () => {
    const members = {
      application: { defaultLimit: perHour(1) },
      subscription: {
        defaultLimit: perHour(9),
        permissions: { permissionType: 'DENY', roles: ['Internal/subscriber'] },
      },
      advanced: { defaultLimit: perHour(9), conditionalGroups: [] },
      custom: { siddhiQuery: 'FROM RequestStream', keyTemplate: '$apiContext' },
    };
    for (const [level, more] of Object.entries(members)) {
      const body = { policyName: `Own-${level}`, ...more };
      const made = await make(level, body);
      expect((await admin.call('POST', `${policies}/${level}`, body)).status).toBe(409);
      const path = `${policies}/${level}/${made.policyId}`;
      expect(await admin.ok('GET', path)).toEqual(made);
      const changed = await admin.ok('PUT', path, { ...body, description: 'changed' });
      expect(changed).toEqual({ ...made, description: 'changed' });
    }
    const found = await admin.ok<Listed>('GET', `${policies}/search?query=type:all&limit=100`);
    const names = found.list.map(({ policyName }) => policyName);
    const expected = ['50PerMin', 'Gold', '10KPerMin', 'Own-application', 'Own-custom'];
    expect(names).toEqual(expect.arrayContaining(expected));
    const document = await admin.ok<{ data: object }>('GET', `${policies}/export?type=api&name=Own-advanced`);
    expect(document).toMatchObject({ subtype: 'advanced policy', data: { isDeployed: false, description: 'changed' } });
    const { list } = await admin.ok<Listed>('GET', `${policies}/advanced`);
    const own = list.find(({ policyName }) => policyName === 'Own-advanced');
    expect((await admin.call('DELETE', `${policies}/advanced/${own?.policyId}`)).status).toBe(200);
    expect((await admin.call('GET', `${policies}/advanced/${own?.policyId}`)).status).toBe(404);
  });

  it("a tenant's administrator has policies of the tenant only, and no custom rules", async () => {
    const body = { policyName: 'Own-application', defaultLimit: perHour(5) };
    const { policyId } = await make('application', body, tenantAdmin);
    const { list } = await tenantAdmin.ok<Listed>('GET', `${policies}/application`);
    expect(list.map((each) => each.policyId)).toEqual([policyId]);
    expect((await admin.call('GET', `${policies}/application/${policyId}`)).status).toBe(404);
    for (const method of ['GET', 'POST']) {
      const rule = { policyName: 'r', siddhiQuery: 'q', keyTemplate: '$userId' };
      const answer = await tenantAdmin.call(method, `${policies}/custom`, method === 'POST' ? rule : undefined);
      expect(answer.status).toBe(403);
    }
    expect(
      await tenantAdmin.ok('PUT', '/api/am/admin/v4/tenant-config', { DefaultAPILevelTier: 'x', own: [1] }),
    ).toEqual({
      ...{ DefaultAPILevelTier: 'x', own: [1] },
    });
    expect(await admin.ok('GET', '/api/am/admin/v4/tenant-config')).toEqual({});
  });

  it('a publisher sees tiers and changes none', async () => {
    const tiers = await maker.ok<Listed>('GET', `${publisher}/throttling-policies/subscription?limit=100`);
    expect(tiers.list.map(({ name }) => name)).toEqual(expect.arrayContaining(['Bronze', 'Own-subscription']));
    const streaming = await maker.ok<Listed>('GET', `${publisher}/throttling-policies/streaming/subscription`);
    expect(streaming.count).toBe(9);
    expect((await maker.ok<Listed>('GET', `${policies}/application`)).count).toBe(5);
    const body = { policyName: 'No', defaultLimit: perHour(1) };
    expect((await maker.call('POST', `${policies}/application`, body)).status).toBe(401);
    expect((await maker.call('GET', denied)).status).toBe(401);
    expect((await maker.call('GET', '/api/am/admin/v4/tenant-config')).status).toBe(401);
  });

  it('a subscriber is limited by them, and let go at once', async () => {
    for (const path of [`${policies}/application`, denied])
      expect((await subscriber.call('GET', path)).status).toBe(401);
    const api = await createApi(admin, {
      ...{ name: 'limited', context: '/limited', backendUrl: backend.url },
      operations: [{ target: '/items', verb: 'GET' }],
    });
    const current = await admin.ok<object>('GET', `${publisher}/apis/${api.id}`);
    await admin.ok('PUT', `${publisher}/apis/${api.id}`, { ...current, policies: ['Unlimited', 'Own-subscription'] });
    await deploy(admin, api);
    await publish(admin, api);
    const application = { name: 'Sparing', throttlingPolicy: 'Own-application' };
    const { applicationId } = await subscriber.ok<{ applicationId: string }>(
      ...(['POST', `${devportal}/applications`, application] as const),
    );
    const consumer = await generateKeys(subscriber, applicationId);
    const wanted = { applicationId, apiId: api.id, throttlingPolicy: 'Own-subscription' };
    expect((await subscriber.call('POST', `${devportal}/subscriptions`, wanted)).status).toBe(403);
    await subscriber.ok('POST', `${devportal}/subscriptions`, { ...wanted, throttlingPolicy: 'Unlimited' });

    const urls = { tokenUrl: `${keyManager.url}/oauth2/token`, revokeUrl: `${keyManager.url}/oauth2/revoke` };
    const { access_token } = await tokenClient(client, urls, consumer).password('sam', password);
    const status = async () =>
      (await client.call(`${gateway.url}/limited/1.0.0/items`, { headers: bearer(access_token) })).status;
    const until = (expected: number) =>
      waitUntil(async () => (await status()) === expected, { ...inForce, what: `an answer ${expected}` });
    const application1 = `${devportal}/applications/${applicationId}`;
    await until(200);
    await until(429);
    await subscriber.ok('POST', `${application1}/reset-throttle-policy`, { userName: 'sam' });
    await until(200);
    await until(429);
    await subscriber.ok('PUT', application1, { ...application, throttlingPolicy: 'Unlimited' });
    await until(200);

    const body = { conditionType: 'APPLICATION', conditionValue: 'sam:Sparing' };
    const { conditionId } = await admin.ok<{ conditionId: string }>('POST', denied, body);
    await until(403);
    await admin.ok('PATCH', `/api/am/admin/v4/throttling/deny-policy/${conditionId}`, { conditionStatus: false });
    await until(200);
    const { policyId } = await make('application', { policyName: 'Tight', defaultLimit: perHour(1) });
    await subscriber.ok('PUT', application1, { ...application, throttlingPolicy: 'Tight' });
    await until(429);
    expect((await admin.call('DELETE', `${policies}/application/${policyId}`)).status).toBe(403);
    await admin.ok('PUT', `${policies}/application/${policyId}`, { policyName: 'Tight', defaultLimit: perHour(1_000) });
    await until(200);
  });

  noSecretIsPrinted();
});
