import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startPostgres, startRedis, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { isReady } from './support/cluster.js';
import { httpsClient } from './support/https-client.js';
import { composeService, giveTo, imageUser, layOutImage } from './support/image.js';
import {
  createApi,
  createApplication,
  deploy,
  generateKeys,
  management,
  publish,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { run, start, waitUntilReady } from './support/processes.js';
import { secret } from './support/secrets.js';
import { bearer, tokenClient } from './support/token-client.js';

/**
 * The image and the compose file without a container engine: the image's files in a folder, its start command, the
 * environment of docker-compose.yml, an unprivileged user.
 */
describe('the image, started as docker-compose.yml does', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let backend: Backend;
  let app: string;
  let etc: string;
  let data: string;
  let entryPoint: readonly string[];
  let offsets: { readonly 1: number; readonly 2: number };
  const running: RunningProcess[] = [];
  const variables = {
    POSTGRES_PASSWORD: secret('canary-postgres-password', 'the PostgreSQL password'),
    REDIS_PASSWORD: secret('canary-redis-password', 'the Redis password'),
    KEYGATE_ADMIN_PASSWORD: secret('canary-Admin-password-5', 'the admin password'),
    KEY_MANAGER_SECRET_KEY: secret('canary-secret-key-0123456789abcdef0123456789', 'the server key'),
  };

  beforeAll(async () => {
    [postgres, redis, backend] = await Promise.all([startPostgres(), startRedis(), startBackend()]);
    const folder = temporaryFolder().path;
    chmodSync(folder, 0o755);
    [app, etc, data] = [join(folder, 'app'), join(folder, 'etc'), join(folder, 'data')];
    for (const one of [app, etc, data, ...['ca', 'key-manager', 'gateway'].map((name) => join(etc, name))]) {
      mkdirSync(one);
      giveTo(imageUser, one);
    }
    entryPoint = layOutImage(app);
    const offset = await freeOffset(2);
    offsets = { 1: offset, 2: offset + 1 };
  });
  afterAll(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await Promise.all([postgres?.stop(), redis?.stop(), backend?.close()]);
  });

  /** Container paths and host names as they are on this machine. */
  const here = (value: string): string =>
    value
      .replaceAll('/etc/keygate/', `${etc}/`)
      .replace(/^postgresql:.*/, postgres.url)
      .replace(/^redis:.*/, redis.url)
      .replaceAll('key-manager-1:10397', `localhost:${defaultPorts.keyManagerGrpc + offsets[1]}`)
      .replaceAll('key-manager-2:10397', `localhost:${defaultPorts.keyManagerGrpc + offsets[2]}`)
      .replace(/^0\.0\.0\.0$/, '127.0.0.1')
      .replace(/:8243$/, `:${8243 + offsets[1]}`);

  async function startService(name: string, instance: 1 | 2, operationsPort: number): Promise<RunningProcess> {
    const service = composeService(`${name}-${instance}`, variables);
    const folder = join(data, `${name}-${instance}`);
    mkdirSync(folder);
    giveTo(imageUser, folder);
    const environment = Object.entries(service.environment).map(([key, value]) => [key, here(String(value))] as const);
    const [command = '', ...args] = entryPoint;
    const process = await start(
      command === 'node' ? globalThis.process.execPath : command,
      [...args, ...service.command],
      {
        name: `${name}-${instance}`,
        cwd: app,
        user: imageUser,
        env: {
          ...Object.fromEntries(environment),
          NODE_ENV: 'production',
          KEYGATE_DATA_DIR: folder,
          PORT_OFFSET: String(offsets[instance]),
        },
      },
    );
    running.push(process);
    await waitUntilReady(process, () => isReady(operationsPort + offsets[instance]));
    return process;
  }

  it('issues the certificates with the command of the compose file', async () => {
    const { command, environment } = composeService('certificates', variables);
    const script = (command[0] ?? '').replaceAll('$$', '$').replaceAll('/etc/keygate/', `${etc}/`);
    for (const round of ['first', 'again']) {
      const finished = await run('sh', ['-ec', script], { cwd: app, user: imageUser, env: environment });
      expect(finished.code, `${round}: ${finished.output}`).toBe(0);
    }
  });

  it('starts two key managers and two gateways without a dev dependency, a write to the image, or root', async () => {
    await Promise.all([
      startService('key-manager', 1, defaultPorts.keyManagerOperations),
      startService('key-manager', 2, defaultPorts.keyManagerOperations),
    ]);
    await Promise.all([
      startService('gateway', 1, defaultPorts.gatewayOperations),
      startService('gateway', 2, defaultPorts.gatewayOperations),
    ]);
  });

  it('is healthy by its own health check', async () => {
    const check = await run(process.execPath, [join(app, 'deploy/healthcheck.mjs')], {
      env: { PORT_OFFSET: String(offsets[1]) },
    });
    expect(check.code).toBe(0);
    const nothingThere = await run(process.execPath, [join(app, 'deploy/healthcheck.mjs')], {
      env: { PORT_OFFSET: String(await freeOffset()) },
    });
    expect(nothingThere.code).toBe(1);
  });

  it('serves a token and a call through both gateways', async () => {
    const client = httpsClient(join(etc, 'gateway', 'ca.crt'));
    const keyManager = `https://localhost:${defaultPorts.keyManagerHttps + offsets[1]}`;
    const rest = await management(client, keyManager, 'admin', variables.KEYGATE_ADMIN_PASSWORD);
    const api = await createApi(rest, {
      name: 'image',
      context: '/image',
      backendUrl: backend.url,
      operations: [{ target: '/*', verb: 'GET' }],
    });
    await deploy(rest, api);
    await publish(rest, api);
    const applicationId = await createApplication(rest, 'image');
    const consumer = await generateKeys(rest, applicationId);
    await subscribe(rest, applicationId, api.id);
    const gateways = ([1, 2] as const).map((one) => `https://localhost:${defaultPorts.gatewayHttps + offsets[one]}`);
    const urls = { tokenUrl: `${gateways[0]}/token`, revokeUrl: `${gateways[0]}/revoke` };
    const { access_token } = await tokenClient(client, urls, consumer).clientCredentials();
    for (const gateway of gateways) {
      await waitUntil(
        async () => (await client.call(`${gateway}/image/1.0.0/x`, { headers: bearer(access_token) })).status === 200,
        { timeoutMillis: 2_000, what: `${gateway} to serve the call` },
      );
    }
    client.close();
  });

  noSecretIsPrinted();
});
