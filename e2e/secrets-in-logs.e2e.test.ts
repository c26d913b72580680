import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { type Provisioned, provision } from './support/provision.js';
import { secret } from './support/secrets.js';
import { basic, bearer, remember, type TokenAnswer } from './support/token-client.js';

/** Puts secrets in every place a client can put them, right and wrong, at the most talkative log level. */
describe('secrets and the logs, at level trace', () => {
  let backend: Backend;
  let settings: AdministeredCluster;
  let keyManager: Role;
  let gateway: Role;
  let cluster: Provisioned;
  let serial = 0;
  const canary = (name: string) => secret(`canary${String(serial++).padStart(3, '0')}zQ9xK${name.length}`, name);

  beforeAll(async () => {
    backend = await startBackend();
    settings = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword: canary('admin password'),
      env: { LOG_LEVEL: 'trace', LOG_FORMAT: 'json', KEY_MANAGER_SECRET_KEY: canary('server key').padEnd(40, '7') },
    };
    keyManager = await startKeyManager(settings);
    gateway = await startGateway(settings);
    cluster = await provision(settings, keyManager, backend);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([gateway?.process.stop(), keyManager?.process.stop()]);
    await backend?.close();
  });

  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

  it('token requests, right and wrong', async () => {
    for (const url of [`${gateway.url}/token`, `${keyManager.url}/oauth2/token`]) {
      const post = (body: string, headers: Record<string, string> = {}) =>
        cluster.client.call(url, { method: 'POST', headers: { ...form, ...headers }, body });
      const authorization = basic(cluster.consumer.consumerKey, cluster.consumer.consumerSecret);
      await post(`grant_type=password&username=admin&password=${canary('wrong password')}`, {
        Authorization: authorization,
      });
      await post(`grant_type=refresh_token&refresh_token=${canary('refresh token')}`, { Authorization: authorization });
      await post('grant_type=client_credentials', { Authorization: basic('someone', canary('client secret')) });
      await post(`grant_type=client_credentials&client_id=a&client_secret=${canary('client secret in the body')}`);
      await post(`grant_type=%zz&password=${canary('password in a broken body')}`, { Authorization: authorization });
      await post(`{"password":"${canary('password in JSON')}"}`, {
        'Content-Type': 'application/json',
        Authorization: authorization,
      });
      await post('', { Authorization: `Basic ${canary('garbage credentials')}` });
      await cluster.client.call(`${url}?password=${canary('password in the query')}`, {
        method: 'POST',
        headers: form,
        body: 'grant_type=password',
      });
      await cluster.client.call(url.replace('token', 'revoke'), {
        method: 'POST',
        headers: { ...form, Authorization: authorization },
        body: `token=${canary('token to revoke')}`,
      });
    }
    const { access_token } = await cluster.tokensAt(gateway).clientCredentials();
    expect(access_token).toBeDefined();
  });

  it('API calls', async () => {
    const url = `${gateway.url}${cluster.path}`;
    const known = await cluster.tokensAt(gateway).clientCredentials();
    expect((await cluster.client.call(url, { headers: bearer(known.access_token) })).status).toBe(200);
    await cluster.client.call(url, { headers: bearer(canary('unknown access token')) });
    await cluster.client.call(url, {
      headers: { ...bearer(known.access_token), Cookie: `session=${canary('cookie')}` },
    });
    await cluster.client.call(url, { headers: { ApiKey: canary('API key') } });
    await cluster.client.call(`${url}?access_token=${canary('token in the query')}`);
    await cluster.client.call(`${url}?apikey=${canary('API key in the query')}`, {
      headers: bearer(known.access_token),
    });
    await cluster.client.call(url, { method: 'POST', headers: bearer(known.access_token), body: canary('body') });
  });

  it('management calls', async () => {
    await cluster.rest.call('POST', '/api/am/publisher/v4/apis', {
      name: 1,
      password: canary('password in a bad body'),
    });
    await cluster.client.call(`${keyManager.url}/scim2/Users`, {
      method: 'POST',
      headers: { Authorization: basic('admin', settings.adminPassword), 'Content-Type': 'application/json' },
      body: JSON.stringify({ userName: 'canary', password: canary('password of a new user') }),
    });
    await cluster.client.call(`${keyManager.url}/scim2/Users`, {
      headers: { Authorization: basic('admin', canary('wrong admin password')) },
    });
    await cluster.client.call(`${keyManager.url}/api/am/publisher/v4/apis`, {
      headers: bearer(canary('unknown bearer')),
    });
  });

  it('the command that shows the configuration', async () => {
    const shown = await runKeygate(['config', 'show', '--origin'], {
      cwd: settings.dataDir,
      env: {
        DATABASE_URL: `postgresql://keygate:${canary('database password')}@localhost:1/keygate`,
        REDIS_URL: `redis://:${canary('Redis password')}@localhost:1`,
        KEYGATE_ADMIN_PASSWORD: canary('admin password for config show'),
      },
    });
    expect(shown.code).toBe(0);
    expect(shown.output).toContain('DATABASE_URL');
  });

  it('a database and a Redis that cannot be reached', async () => {
    const ended = await runKeygate(['key-manager'], {
      cwd: settings.dataDir,
      env: {
        PORT_OFFSET: String(await freeOffset()),
        KEYGATE_DATA_DIR: temporaryFolder().path,
        DATABASE_URL: `postgresql://keygate:${canary('unreachable database password')}@127.0.0.1:1/keygate`,
      },
    });
    expect(ended.code).not.toBe(0);
  });

  it('yet a request can be followed by its correlation id, a refused one through both processes', async () => {
    const { consumerKey, consumerSecret } = cluster.consumer;
    const post = (id: string, body: string) =>
      cluster.client.call(`${gateway.url}/token`, {
        method: 'POST',
        headers: { ...form, activityid: id, Authorization: basic(consumerKey, consumerSecret) },
        body,
      });
    const logged = (role: Role, id: string) =>
      waitUntil(() => role.process.output().includes(id), { timeoutMillis: 2_000, what: `${id} in the log` });
    const granted = await post('e2e-granted-0001', 'grant_type=client_credentials');
    const { access_token } = remember(granted.json<TokenAnswer>());
    await cluster.client.call(`${gateway.url}${cluster.path}`, {
      headers: { ...bearer(access_token), activityid: 'e2e-called-0001' },
    });
    await post('e2e-refused-0001', 'grant_type=refresh_token&refresh_token=unknown');
    // What went well is one line, the gateway's; why something was refused is known to the key manager only.
    for (const id of ['e2e-granted-0001', 'e2e-called-0001', 'e2e-refused-0001']) await logged(gateway, id);
    await logged(keyManager, 'e2e-refused-0001');
  });

  noSecretIsPrinted();
});
