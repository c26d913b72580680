import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackOff } from '@keygate/common/lifecycle';
import { createLogger } from '@keygate/common/logging';
import { connectRedis } from '@keygate/common/redis';
import { type TemporaryFolder, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAnotherAdminPassword, keptAdminPassword, rememberAdminPassword } from './admin-password.js';
import { startPrivateRedis } from './private-redis.js';
import { claimDataDir, type QuickstartFacts, removeQuickstart, writeQuickstart } from './quickstart-file.js';
import { isConnectedGateway } from './readiness.js';
import { RoleProcess } from './role-process.js';
import { startSampleBackend } from './sample-backend.js';

let folder: TemporaryFolder;
const stops: (() => unknown)[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  folder.remove();
});

const facts: QuickstartFacts = {
  pid: process.pid,
  portOffset: 1,
  tokenUrl: 'https://localhost:8244/token',
  revokeUrl: 'https://localhost:8244/revoke',
  gatewayUrl: 'https://localhost:8244',
  gatewayHttpUrl: 'http://localhost:8281',
  webSocketUrls: ['wss://localhost:8100', 'ws://localhost:9100'],
  managementUrl: 'https://localhost:9444',
  adminUsername: 'admin',
  adminPassword: 'generated',
  caFile: '/data/tls/ca.crt',
};

describe('quickstart.json', () => {
  const file = () => join(folder.path, 'quickstart.json');

  it('is for the owner only and goes away', () => {
    writeQuickstart(folder.path, facts);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual(facts);
    removeQuickstart(folder.path);
    expect(existsSync(file())).toBe(false);
  });

  it('of another process is left alone', () => {
    writeQuickstart(folder.path, { ...facts, pid: process.ppid });
    removeQuickstart(folder.path);
    expect(existsSync(file())).toBe(true);
  });

  it('left behind by a killed process is cleared', () => {
    writeQuickstart(folder.path, { ...facts, pid: 2 ** 22 + 1 });
    claimDataDir(folder.path);
    expect(existsSync(file())).toBe(false);
  });

  it('of a process that is no `keygate up` is cleared: ids are used again after a reboot', () => {
    writeQuickstart(folder.path, { ...facts, pid: 1 });
    claimDataDir(folder.path);
    expect(existsSync(file())).toBe(false);
  });
});

describe('admin password', () => {
  it('is made once, strong and for the owner only', () => {
    const first = keptAdminPassword(folder.path);
    expect(first).toMatch(/^[\w-]{20}$/);
    expect(keptAdminPassword(folder.path)).toBe(first);
    expect(statSync(join(folder.path, 'admin-password')).mode & 0o777).toBe(0o600);
  });
});

describe('a changed admin password', () => {
  it('is noticed, and nothing is when there was no start before', () => {
    expect(isAnotherAdminPassword(folder.path, 'first')).toBe(false);
    rememberAdminPassword(folder.path, 'first');
    expect(isAnotherAdminPassword(folder.path, 'first')).toBe(false);
    expect(isAnotherAdminPassword(folder.path, 'second')).toBe(true);
  });

  it('is not written down', () => {
    rememberAdminPassword(folder.path, 'canary-password');
    const file = join(folder.path, 'admin-password.check');
    expect(readFileSync(file, 'utf8')).not.toContain('canary');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is set again when the file was damaged', () => {
    writeFileSync(join(folder.path, 'admin-password.check'), 'garbage');
    expect(isAnotherAdminPassword(folder.path, 'first')).toBe(true);
  });
});

describe('back-off', () => {
  it('doubles up to ten seconds and starts over after a good run', () => {
    const backOff = new BackOff();
    expect([0, 0, 0, 0, 0, 0, 0, 0].map((ran) => backOff.after(ran))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
    expect(backOff.after(60_000)).toBe(250);
  });
});

describe('readiness', () => {
  it('of a gateway includes its key manager', () => {
    expect(isConnectedGateway('{"status":"ready","checks":{"catalogue":"ok","keyManager":"ok"}}')).toBe(true);
    expect(isConnectedGateway('{"status":"ready","checks":{"keyManager":"degraded: not connected"}}')).toBe(false);
  });
});

describe('sample backend', () => {
  it('lists pets, takes one, says it is well, and refuses what it cannot read', async () => {
    const backend = await startSampleBackend(join(folder.path, 'port'));
    stops.push(backend.close);
    const post = (body: string) => fetch(`${backend.url}/pets`, { method: 'POST', body });
    expect(await (await fetch(`${backend.url}/health`)).json()).toEqual({ status: 'ok' });
    expect((await post('{"name":"Rex"}')).status).toBe(201);
    const { pets } = (await (await fetch(`${backend.url}/pets?page=1`)).json()) as { pets: { name: string }[] };
    expect(pets.at(-1)).toEqual({ id: 3, name: 'Rex' });
    for (const body of ['', '{', '{}', '{"name":5}', `{"name":"${'x'.repeat(70_000)}"}`]) {
      expect((await post(body)).status).toBe(400);
    }
    expect((await fetch(`${backend.url}/other`)).status).toBe(404);
  });

  it('comes back on the port it had, or on another one when that is taken', async () => {
    const file = join(folder.path, 'port');
    const first = await startSampleBackend(file);
    await first.close();
    const second = await startSampleBackend(file);
    stops.push(second.close);
    expect(second.url).toBe(first.url);
    const third = await startSampleBackend(file);
    stops.push(third.close);
    expect(third.url).not.toBe(first.url);
  });
});

describe('private Redis', () => {
  it('answers on a socket, comes back when it dies, and leaves nothing behind', async () => {
    const server = await startPrivateRedis({ PATH: process.env.PATH });
    if (!server) throw new Error('redis-server is missing; install it with: apt-get install redis-server');
    const socket = server.url.slice('unix://'.length);
    const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
    const client = connectRedis({ url: server.url, commandTimeoutMillis: 500 }, logger);
    if (!client) throw new Error('no connection was made');
    stops.push(() => client.disconnect(), server.close);
    const first = await waitUntil(async () => pidOf(await client.info('server')));
    process.kill(first, 'SIGKILL');
    const second = await waitUntil(async () => {
      const pid = pidOf(await client.info('server'));
      return pid !== first && pid;
    });
    client.disconnect();
    await server.close();
    await waitUntil(() => !isAlive(second));
    expect(existsSync(socket)).toBe(false);
  });

  it('is not there when there is no redis-server', async () => {
    expect(await startPrivateRedis({ PATH: folder.path })).toBeUndefined();
  });

  const pidOf = (info: string) => Number(/^process_id:(\d+)/m.exec(info)?.[1]);
});

describe('a role as a child process', () => {
  const fixture = (code: string) => {
    const entry = join(folder.path, 'role.mjs');
    writeFileSync(entry, code);
    return entry;
  };
  const roleOf = (code: string) => {
    const role = new RoleProcess({
      role: 'gateway',
      entry: fixture(code),
      args: [folder.path],
      env: {},
      drainSeconds: 1,
    });
    stops.push(() => role.stop());
    return role;
  };
  const ready = `process.send({ ready: true, role: 'gateway', ports: { https: 1 } }); setInterval(() => {}, 1000);`;

  it('is ready when it says so, and stops when asked', async () => {
    const role = roleOf(`process.on('SIGTERM', () => process.exit(0)); ${ready}`);
    expect(await role.start()).toMatchObject({ ready: true, ports: { https: 1 } });
    const { pid } = role;
    await role.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('that ends before it is ready fails the start with its exit code', async () => {
    await expect(roleOf('process.exit(3)').start()).rejects.toThrow('gateway did not start (exit code 3)');
  });

  it('is started again when it dies later', async () => {
    const role = roleOf(ready);
    await role.start();
    const first = role.pid as number;
    process.kill(first, 'SIGKILL');
    const second = await waitUntil(() => role.pid !== first && role.pid);
    await waitUntil(() => isAlive(second));
  });

  it('that does not drain in time is killed', async () => {
    const role = roleOf(`process.on('SIGTERM', () => {}); ${ready}`);
    await role.start();
    const { pid } = role;
    await role.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a data folder in use', () => {
  it('is refused with the process that uses it', async () => {
    mkdirSync(join(folder.path, 'data'));
    const entry = join(folder.path, 'sleeper.mjs');
    writeFileSync(entry, 'process.send({ ready: true }); setInterval(() => {}, 1000);');
    // Looks like `keygate up`: the word is among its arguments.
    const sleeper = new RoleProcess({ role: 'gateway', entry, args: ['up'], env: {}, drainSeconds: 0 });
    stops.push(() => sleeper.stop());
    await sleeper.start();
    writeQuickstart(join(folder.path, 'data'), { ...facts, pid: sleeper.pid as number });
    expect(() => claimDataDir(join(folder.path, 'data'))).toThrow(
      `is used by a running cluster (process ${sleeper.pid}); stop it, or choose another --port-offset or --data-dir`,
    );
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    // A process that ended and was not waited for is a zombie, not alive.
    return pid !== undefined && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
