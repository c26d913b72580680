import { userInfo } from 'node:os';
import { type RunningPostgres, startPostgres, temporaryFolder } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createUser,
  deleteUser,
  listAuditEvents,
  setUserLocked,
  setUserPassword,
  verifyAuditLog,
} from '../src/admin/index.js';
import { keyManagerSchema } from '../src/config/key-manager.config.js';
import { silent } from './support/each-storage.js';

describe.each(['postgresql', 'embedded'])('the audit log from the command line (%s)', (kind) => {
  const folder = temporaryFolder();
  let postgres: RunningPostgres | undefined;
  const config = () =>
    keyManagerSchema.parse({
      dataDir: folder.path,
      keyManager: {
        databaseUrl: postgres?.url,
        databasePoolSize: 2,
        passwords: { memoryKib: 8_192, iterations: 1 },
      },
    });
  beforeAll(async () => {
    postgres = kind === 'postgresql' ? await startPostgres() : undefined;
  });
  afterAll(async () => {
    await postgres?.stop();
    folder.remove();
  });

  it('holds what was done there, by whom, and no password, in one chain', async () => {
    const bob = { username: 'bob', password: 'bobs-first-password', roles: ['Internal/subscriber'] };
    await createUser(config(), silent, bob);
    await setUserPassword(config(), silent, { username: 'bob', password: 'bobs-second-password' });
    await setUserLocked(config(), silent, { username: 'bob', locked: true });
    await setUserLocked(config(), silent, { username: 'bob', locked: false });
    expect(await deleteUser(config(), silent, 'bob')).toBe(true);
    expect(await deleteUser(config(), silent, 'bob')).toBe(false);
    const events = await listAuditEvents(config(), silent, { action: 'user.', limit: 10 });
    const actor = `operator:${userInfo().username}`;
    expect(events.map(({ action }) => action)).toEqual([
      'user.deleted',
      'user.unlocked',
      'user.locked',
      'user.password_set',
      'user.created',
    ]);
    expect(events.every((event) => event.actor === actor && event.target === 'bob@carbon.super')).toBe(true);
    expect(JSON.stringify(events)).not.toContain('-password');
    expect(await verifyAuditLog(config(), silent, {})).toMatchObject({ ok: true, events: 5 });
  });

  if (kind === 'postgresql') {
    it('is found broken where somebody changed it past the triggers', async () => {
      const client = new Client({ connectionString: postgres?.url });
      await client.connect();
      await client.query(`alter table audit_events disable trigger all`);
      await client.query(`update audit_events set actor = 'nobody' where seq = 2`);
      await client.end();
      const verdict = await verifyAuditLog(config(), silent, {});
      expect(verdict).toEqual({ ok: false, at: 2, reason: 'its content was changed' });
    });
  }
});
