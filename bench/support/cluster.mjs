import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@keygate/common/testing';
import pg from 'pg';
import { Agent, request } from 'undici';
import { basic } from './load.mjs';
import { start } from './processes.mjs';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What an operator would set; everything durable is on, which is the server's default. */
export const postgresSettings = ['shared_buffers=1GB', 'max_wal_size=4GB', 'fsync=on', 'synchronous_commit=on'];

/** Every port of a cluster before the offset. */
export const ports = {
  gateway: 8243,
  gatewayHttp: 8280,
  gatewayOperations: 9643,
  keyManager: 9443,
  keyManagerHttp: 9763,
};
const morePorts = { grpc: 10_397, keyManagerOperations: 9844, webSocket: 9099, secureWebSocket: 8099 };

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** One with which nothing that listens is in the way. */
export async function freeOffset() {
  for (let attempt = 0; attempt < 200; attempt++) {
    const offset = 2_500 + Math.floor(Math.random() * 19_500);
    const wanted = Object.values({ ...ports, ...morePorts }).map((port) => port + offset);
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) return offset;
  }
  throw new Error('no port offset with free ports found');
}

/** A durable PostgreSQL of our own, on the disk of the temporary folder. */
export const startDatabase = () => startPostgres({ settings: postgresSettings });

/** Makes an empty database on the server and answers its URL. */
export async function newDatabase(postgres, name) {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
}

export const isReady = async (port) => {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer?.status === 200;
};

/**
 * A key manager and a gateway as operators run them: two processes, mutual TLS between them, logs to a file. `checkout`
 * is another built copy of this repository, to compare two versions in the same run.
 */
export async function startCluster({ name, folder, databaseUrl, postgres, checkout = repository, env = {} }) {
  const offset = await freeOffset();
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const cli = join(checkout, 'apps/cli/dist/main.js');
  const adminPassword = randomBytes(12).toString('hex');
  const shared = { PORT_OFFSET: String(offset), KEYGATE_DATA_DIR: dataDir, LOG_FORMAT: 'json', ...env };
  const role = (args, log, more) =>
    start(cli, args, {
      cwd: dataDir,
      env: { ...shared, ...more },
      log: join(dataDir, log),
      execArgv: [...roleFlags, ...profiling(log)],
    });
  const keyManager = await role(['key-manager'], 'key-manager.log', {
    DATABASE_URL: databaseUrl,
    KEYGATE_ADMIN_PASSWORD: adminPassword,
  });
  await keyManager.until(() => isReady(morePorts.keyManagerOperations + offset));
  const gateway = await role(['gateway'], 'gateway.log', {});
  await gateway.until(() => isReady(ports.gatewayOperations + offset));
  const ca = readFileSync(join(dataDir, 'tls/ca.crt'), 'utf8');
  const urls = {
    gateway: `https://localhost:${ports.gateway + offset}`,
    keyManager: `https://localhost:${ports.keyManager + offset}`,
    keyManagerMetrics: `http://127.0.0.1:${morePorts.keyManagerOperations + offset}/metrics`,
  };
  const user = { name: 'admin', password: adminPassword };
  return {
    name,
    ca,
    checkout,
    databaseUrl,
    dataDir,
    urls,
    user,
    client: await registerClient(urls.keyManager, ca, user),
    /** Who serves a request, by what it is. */
    processes: () => ({
      gateway: gateway.pid,
      'key manager': keyManager.pid,
      PostgreSQL: postgres.pid,
    }),
    async stop() {
      await gateway.stop();
      await keyManager.stop();
    },
  };
}

/** As the supervisor and the image start a role. */
export const roleFlags = ['--max-semi-space-size=32'];

/** `BENCH_PROFILE=folder` leaves a CPU profile of each of our processes there. */
export function profiling(log) {
  const folder = process.env.BENCH_PROFILE;
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${log}-${Date.now()}.cpuprofile`] : [];
}

/** A confidential client by dynamic registration. */
async function registerClient(url, ca, user) {
  const dispatcher = new Agent({ connect: { ca } });
  const { statusCode, body } = await request(`${url}/client-registration/v0.17/register`, {
    method: 'POST',
    dispatcher,
    headers: { authorization: basic(user.name, user.password), 'content-type': 'application/json' },
    body: JSON.stringify({
      clientName: 'bench',
      owner: user.name,
      callbackUrl: 'bench.example',
      grantType: 'client_credentials password refresh_token',
      saasApp: true,
    }),
  });
  const text = await body.text();
  await dispatcher.close();
  if (statusCode !== 200) throw new Error(`registration answered ${statusCode}: ${text}`);
  const { clientId, clientSecret } = JSON.parse(text);
  return { id: clientId, secret: clientSecret };
}
