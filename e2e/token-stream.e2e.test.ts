import { startPostgres, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { type AdministeredCluster, type Role, startGateway, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { defaultPorts, freeOffset } from './support/ports.js';
import { type Provisioned, provision } from './support/provision.js';
import { startTraffic } from './support/traffic.js';

describe('the streams for token calls, to two key managers', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let backend: Backend;
  let settings: AdministeredCluster;
  let first: Role;
  let second: Role;
  let gateway: Role;
  let cluster: Provisioned;

  beforeAll(async () => {
    [postgres, backend] = await Promise.all([startPostgres(), startBackend()]);
    const offset = await freeOffset(2);
    settings = {
      dataDir: temporaryFolder().path,
      offset,
      adminPassword: 'canary-admin-password-7',
      databaseUrl: postgres.url,
    };
    [first, second] = await Promise.all([startKeyManager(settings), startKeyManager(settings, offset + 1)]);
    gateway = await startGateway(settings, offset, [first, second]);
    cluster = await provision(settings, first, backend);
  });
  afterAll(async () => {
    cluster?.client.close();
    await Promise.all([gateway, first, second].map((role) => role?.process.stop()));
    await Promise.all([postgres?.stop(), backend?.close()]);
  });

  const metric = async (port: number, name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  const streamsAt = (role: Role) =>
    metric(defaultPorts.keyManagerOperations + role.offset, 'keygate_streams{[^}]*hot_path[^}]*}');
  const bothOpen = () =>
    waitUntil(async () => (await streamsAt(first)) === 1 && (await streamsAt(second)) === 1, {
      timeoutMillis: 20_000,
      what: 'a stream to each key manager',
    });
  const tokenTraffic = () => {
    const tokens = cluster.tokensAt(gateway);
    return startTraffic(() => tokens.request({ grant_type: 'client_credentials' }), 200, 4);
  };

  it('are open to both, without being asked for', async () => {
    await bothOpen();
    const traffic = tokenTraffic();
    await waitUntil(() => traffic.answered > 30, { timeoutMillis: 20_000 });
    expect((await traffic.stop()).failures).toEqual([]);
  });

  it('pass by a frozen key manager: what it holds gets 503, everything else goes on', async () => {
    const traffic = tokenTraffic();
    await waitUntil(() => traffic.answered > 30, { timeoutMillis: 20_000 });
    second.process.signal('SIGSTOP');
    try {
      const before = traffic.answered;
      await waitUntil(() => traffic.answered > before + 100, { timeoutMillis: 20_000 });
    } finally {
      second.process.signal('SIGCONT');
    }
    const { failures } = await traffic.stop();
    expect(failures.filter((failure) => !failure.startsWith('503'))).toEqual([]);
    // One for each that was in flight; a call is never sent after the one that got no answer.
    expect(failures.length).toBeLessThanOrEqual(4);
    await bothOpen();
  });

  it('come back to a key manager that restarted as it should, and no token request fails meanwhile', async () => {
    const traffic = tokenTraffic();
    await waitUntil(() => traffic.answered > 30, { timeoutMillis: 20_000 });
    expect(await second.process.stop()).toEqual({ code: 0, signal: null });
    second = await startKeyManager(settings, second.offset);
    await bothOpen();
    const before = traffic.answered;
    await waitUntil(() => traffic.answered > before + 30, { timeoutMillis: 20_000 });
    expect((await traffic.stop()).failures).toEqual([]);
  });

  noSecretIsPrinted();
});
