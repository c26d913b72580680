import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdministeredCluster, clusterClient, type Role, startKeyManager } from './support/cluster.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { runKeygate } from './support/processes.js';
import { secret } from './support/secrets.js';
import { basic } from './support/token-client.js';

describe('the keygate command beside a running key manager', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let settings: AdministeredCluster;
  let keyManager: Role | undefined;

  beforeAll(async () => {
    postgres = await startPostgres();
    settings = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword: 'canary-Admin-password-6',
      databaseUrl: secret(postgres.url, 'the database URL'),
    };
  });
  afterAll(async () => {
    await keyManager?.process.stop();
    await postgres?.stop();
  });

  const keygate = (...args: string[]) =>
    runKeygate(args, {
      cwd: settings.dataDir,
      env: { DATABASE_URL: settings.databaseUrl, KEYGATE_DATA_DIR: settings.dataDir },
    });
  const json = async <T>(...args: string[]): Promise<T> => {
    const finished = await keygate(...args, '--json');
    expect(finished.code, finished.output).toBe(0);
    return JSON.parse(finished.output) as T;
  };
  const migrations = () => json<{ name: string; applied: boolean }[]>('migrate', 'status');

  it('migrates an empty database once, also when two do it at the same time', async () => {
    const before = await migrations();
    expect(before.length).toBeGreaterThan(0);
    expect(before.filter(({ applied }) => applied)).toEqual([]);
    const both = await Promise.all([1, 2].map(() => json<{ applied: string[] }>('migrate', 'up')));
    expect(both.flatMap(({ applied }) => applied)).toEqual(before.map(({ name }) => name));
    expect((await migrations()).filter(({ applied }) => !applied)).toEqual([]);
    expect((await keygate('migrate', 'up')).output).toContain('nothing to do');
  });

  it('a key manager without a configured admin password makes one and prints it once', async () => {
    const { adminPassword: _, ...withoutPassword } = settings;
    const first = await startKeyManager(withoutPassword);
    const printed = /Administrator: admin \/ (\S+)/.exec(first.process.output())?.[1] ?? '';
    expect(printed.length).toBeGreaterThanOrEqual(16);
    await first.process.stop();
    const file = join(settings.dataDir, 'password.txt');
    writeFileSync(file, `${settings.adminPassword}\n`);
    expect((await keygate('users', 'set-password', 'admin', '--password-file', file)).code).toBe(0);
    keyManager = await startKeyManager(withoutPassword);
    expect(keyManager.process.output()).not.toContain('Administrator');
    const client = clusterClient(settings);
    const users = await client.call(`${keyManager.url}/scim2/Users`, {
      headers: { Authorization: basic('admin', settings.adminPassword) },
    });
    client.close();
    expect(users.status).toBe(200);
  });

  it('creates a user who can register a client, and sets a new password', async () => {
    const client = clusterClient(settings);
    const file = join(settings.dataDir, 'password.txt');
    const register = (password: string) =>
      client.call(`${keyManager?.url}/client-registration/v0.17/register`, {
        method: 'POST',
        headers: { Authorization: basic('alice', password), 'Content-Type': 'application/json' },
        body: JSON.stringify({
          clientName: 'a',
          grantType: 'password',
          callbackUrl: 'test.com',
          saasApp: true,
          owner: 'alice',
        }),
      });
    const first = secret('canary-first-password', 'the first password of a user');
    writeFileSync(file, `${first}\n`);
    const created = await keygate('users', 'create', 'alice', '--role', 'Internal/subscriber', '--password-file', file);
    expect(created.code, created.output).toBe(0);
    expect((await register(first)).status).toBe(200);

    const second = secret('canary-second-password', 'the second password of a user');
    writeFileSync(file, second);
    expect((await keygate('users', 'set-password', 'alice', '--password-file', file)).code).toBe(0);
    expect((await register(first)).status).toBe(401);
    expect((await register(second)).status).toBe(200);
    client.close();
  });

  it('refuses to create the same user again, in one line', async () => {
    const file = join(settings.dataDir, 'password.txt');
    const again = await keygate('users', 'create', 'ALICE', '--password-file', file);
    expect(again.code).not.toBe(0);
    expect(again.output.trim().split('\n')).toHaveLength(1);
  });

  it('explains every command with examples', async () => {
    const commands = ['up', 'gateway', 'ports', 'config show', 'migrate up', 'certs issue', 'users create'];
    const helps = [];
    for (const command of commands) {
      helps.push(await runKeygate([...command.split(' '), '--help']));
    }
    for (const [index, help] of helps.entries()) {
      expect(help.code, commands[index]).toBe(0);
      expect(help.output, commands[index]).toContain('Examples:');
    }
  });

  it('reads one file for both roles, and says where each value came from', async () => {
    const file = join(settings.dataDir, 'keygate.yaml');
    writeFileSync(file, 'portOffset: 3\ngateway:\n  drainSeconds: 7\nkeyManager:\n  drainSeconds: 8\n');
    const shown = await keygate('config', 'show', '--origin', '--config', file, '--port-offset', '4');
    expect(shown.code, shown.output).toBe(0);
    const line = (setting: string) => shown.output.split('\n').find((one) => one.startsWith(setting));
    expect(line('portOffset')).toMatch(/4 .*--port-offset/);
    expect(line('gateway.drainSeconds')).toMatch(/7 .*keygate\.yaml/);
    expect(line('keyManager.drainSeconds')).toMatch(/8 .*keygate\.yaml/);
    expect(line('gateway.listeners.https')).toContain('8247');
    expect(line('keyManager.databaseUrl')).toContain('DATABASE_URL');
    expect((await keygate('config', 'check', '--config', file)).code).toBe(0);
  });

  noSecretIsPrinted();
});
