import { startPostgres, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { type Client, httpsClient } from './support/https-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { descendants, isAlive, startKeygate } from './support/processes.js';
import { type Provisioned, provision } from './support/provision.js';
import { resumedSessions } from './support/tls-sessions.js';
import { bearer } from './support/token-client.js';
import { startTraffic, type Traffic } from './support/traffic.js';

const workers = 3;

/** A client that keeps one connection, and the worker at its other end. */
interface Pinned {
  readonly client: Client;
  readonly worker: number;
}

describe('a gateway of three workers', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let keyManager: Role;
  let gateway: Role;
  let cluster: Provisioned;
  let accessToken: string;
  const pinned: Pinned[] = [];

  beforeAll(async () => {
    [postgres, backend] = await Promise.all([startPostgres(), startBackend()]);
    settings = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword: 'canary-admin-password-11',
      databaseUrl: postgres.url,
      env: { GATEWAY_WORKERS: String(workers), LOG_FORMAT: 'json' },
    };
    keyManager = await startKeyManager(settings);
    gateway = await startGateway(settings, settings.offset, [keyManager]);
    cluster = await provision(settings, keyManager, backend);
    accessToken = (await cluster.tokensAt(gateway).clientCredentials()).access_token;
    for (let number = 0; number < 2 * workers; number++) pinned.push(await connect(`pinned-connection-${number}`));
  });
  afterAll(async () => {
    for (const { client } of pinned) client.close();
    cluster?.client.close();
    await Promise.all([gateway, keyManager].map((role) => role?.process.stop()));
    await Promise.all([postgres?.stop(), backend?.close()]);
  });

  const call = (client: Client, headers: Record<string, string> = {}) =>
    client.call(`${gateway.url}${cluster.path}`, { headers: { ...bearer(accessToken), ...headers } });

  /** A worker learns of an API a moment after its sibling: the first call may have to be made again. */
  async function connect(activityid: string): Promise<Pinned> {
    const client = httpsClient(caFileOf(settings.dataDir));
    await waitUntil(async () => (await call(client, { activityid })).status === 200, { what: `${activityid} to work` });
    const line = new RegExp(`"name":"access","worker":(\\d+),"correlationId":"${activityid}"`);
    await waitUntil(() => line.test(gateway.process.output()), { what: 'its line in the log' });
    return { client, worker: Number(line.exec(gateway.process.output())?.[1]) };
  }

  const metrics = async () => {
    const answer = await fetch(`http://127.0.0.1:${defaultPorts.gatewayOperations + settings.offset}/metrics`);
    const text = await answer.text();
    return (name: string) => Number(new RegExp(`^keygate_gateway_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const sumOf = (labels: string) => `requests_total\\{${labels}gateway="[^"]+"\\}`;
  const answered = async () => (await metrics())(sumOf('status_class="2xx",'));

  /** By what it wrote when it began; the newest counts. */
  const pidOf = (worker: number) => {
    const lines = [...gateway.process.output().matchAll(/"pid":(\d+),"name":"gateway","worker":(\d+),/g)];
    return Number(lines.findLast((line) => Number(line[2]) === worker)?.[1]);
  };

  it('spreads connections evenly over processes', () => {
    const used = pinned.map(({ worker }) => worker).sort();
    expect(used).toEqual([1, 1, 2, 2, 3, 3]);
    expect(new Set([1, 2, 3].map(pidOf)).size).toBe(workers);
    expect(descendants(gateway.process.pid)).toHaveLength(workers);
  });

  it('writes each line of its log whole, whatever worker it is from', () => {
    const lines = gateway.process.output().split('\n').slice(0, -1);
    for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow();
  });

  it('adds up what its workers have counted', async () => {
    const before = await answered();
    for (const { client } of pinned) expect((await call(client)).status).toBe(200);
    expect(await answered()).toBe(before + pinned.length);
    expect((await metrics())('workers\\{gateway="[^"]+"\\}')).toBe(workers);
  });

  it('resumes a TLS session at any worker', async () => {
    expect(await resumedSessions(gateway.url, caFileOf(settings.dataDir), workers + 1)).toBe(workers);
  });

  it('a killed worker takes nobody else with it and is started again', async () => {
    const victim = 2;
    const before = await answered();
    const killed = pidOf(victim);
    const traffic = new Map<Pinned, Traffic>(pinned.map((one) => [one, startTraffic(() => call(one.client), 200, 1)]));
    const all = [...traffic.values()];
    await waitUntil(() => all.every((one) => one.answered > 20));
    process.kill(killed, 'SIGKILL');
    await waitUntil(() => !isAlive(killed));
    // Every other connection goes on, and those of the victim go to whoever is there.
    const atKill = all.map((one) => one.answered);
    await waitUntil(() => all.every((one, i) => one.answered > (atKill[i] ?? 0) + 20));
    await waitUntil(() => gateway.isReady(), { what: 'the worker to be back', timeoutMillis: 60_000 });
    for (const [{ worker }, running] of traffic) {
      const { failures } = await running.stop();
      if (worker === victim)
        expect(failures.filter((failure) => !/ECONNRESET|hang up|ECONNREFUSED/.test(failure))).toEqual([]);
      else expect(failures).toEqual([]);
    }
    expect(pidOf(victim)).not.toBe(killed);
    const counted = await metrics();
    expect(counted('worker_restarts\\{gateway="[^"]+"\\}')).toBe(1);
    expect(counted(sumOf('status_class="2xx",'))).toBeGreaterThanOrEqual(before);
  });

  it('names a taken port once and ends', async () => {
    const second = await startKeygate(['gateway'], {
      name: 'a second gateway on the same ports',
      cwd: settings.dataDir,
      env: {
        ...settings.env,
        PORT_OFFSET: String(settings.offset),
        KEYGATE_DATA_DIR: temporaryFolder().path,
        GATEWAY_OPERATIONS_PORT: '0',
      },
    });
    expect((await second.ended).code).toBe(1);
    const said = second.output().match(/is taken; free it or try/g);
    expect(said).toHaveLength(1);
  });

  it('drains all workers: whatever was accepted is answered', async () => {
    const pids = [1, 2, 3].map(pidOf);
    const traffic = pinned.map(({ client }) => startTraffic(() => call(client), 200, 1));
    await waitUntil(() => traffic.every((one) => one.answered > 20));
    const exit = gateway.process.stop();
    expect(await exit).toEqual({ code: 0, signal: null });
    const failures = (await Promise.all(traffic.map((one) => one.stop()))).flatMap((one) => one.failures);
    expect(failures.filter((failure) => !/ECONNREFUSED/.test(failure))).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  noSecretIsPrinted();
});
