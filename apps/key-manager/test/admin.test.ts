import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningPostgres, startPostgres, temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createUser,
  listAuditEvents,
  listSigningKeys,
  migrateUp,
  migrationStatus,
  NoDatabase,
  setUserPassword,
  sweepAll,
  verifyAuditLog,
  withDatabase,
} from '../src/admin/index.js';
import { keyManagerSchema } from '../src/config/key-manager.config.js';
import { AlreadyExists, NotFound } from '../src/storage/errors.js';
import { DataFolderInUse } from '../src/storage/open-storage.js';
import { silent } from './support/each-storage.js';

describe('what the CLI does without a server', () => {
  const folder = temporaryFolder();
  const configured = (databaseUrl?: string) =>
    keyManagerSchema.parse({
      dataDir: folder.path,
      keyManager: { databaseUrl, databasePoolSize: 2, passwords: { memoryKib: 8_192, iterations: 1 } },
    });
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await postgres.stop();
    folder.remove();
  });

  it('migrates, makes users and sets their passwords', async () => {
    const config = configured(postgres.url);
    expect((await migrationStatus(config, silent)).every(({ applied }) => !applied)).toBe(true);
    expect((await migrateUp(config, silent)).length).toBeGreaterThan(0);
    expect((await migrationStatus(config, silent)).every(({ applied }) => applied)).toBe(true);
    expect(await migrateUp(config, silent)).toEqual([]);

    const bob = { username: 'bob', password: 'bobs password', roles: ['Internal/subscriber'] };
    await createUser(config, silent, bob);
    await expect(createUser(config, silent, bob)).rejects.toThrow(AlreadyExists);
    await expect(createUser(config, silent, { ...bob, username: 'eve', roles: ['nothing'] })).rejects.toThrow(NotFound);
    expect(await setUserPassword(config, silent, { username: 'BOB', password: 'another' })).toBe(true);
    expect(await setUserPassword(config, silent, { username: 'nobody', password: 'another' })).toBe(false);
  });

  it('sweeps what has expired until nothing is left', async () => {
    const config = configured(postgres.url);
    await withDatabase(config, silent, async ({ storage }) => {
      for (let id = 0; id < 3; id++) await storage.replays.firstUse('test', `old-${id}`, Date.now() - 1_000);
      await storage.replays.firstUse('test', 'new', Date.now() + 60_000);
    });
    const seen: number[] = [];
    expect(await sweepAll(config, silent, (rows) => seen.push(rows))).toBe(3);
    expect(seen).toEqual([3]);
    expect(await sweepAll(config, silent, () => undefined)).toBe(0);
  });

  it('makes no empty database to tell about keys, events and users', async () => {
    const nowhere = join(folder.path, 'nowhere');
    const config = { ...configured(), dataDir: nowhere };
    const asked = [
      listSigningKeys(config, silent),
      listAuditEvents(config, silent, { limit: 1 }),
      verifyAuditLog(config, silent, {}),
      sweepAll(config, silent, () => undefined),
      setUserPassword(config, silent, { username: 'bob', password: 'another' }),
    ];
    for (const { reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(NoDatabase);
      expect(String(reason)).toContain(`no embedded database in ${nowhere}: name its data folder`);
    }
    expect(existsSync(nowhere)).toBe(false);
  });

  it('keeps its hands off an embedded database that is in use', async () => {
    const config = configured();
    await withDatabase(config, silent, async () => {
      await expect(migrationStatus(config, silent)).rejects.toThrow(DataFolderInUse);
    });
  });
});
