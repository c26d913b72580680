import { createLogger } from '@keygate/common/logging';
import { type RunningPostgres, startPostgres } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditHash } from '../../audit/audit-chain.js';
import { verifyChain } from '../../audit/verify-chain.js';
import { openStorage } from '../open-storage.js';
import type { Storage } from '../storage.js';
import { type AuditColumns, auditColumns, toAuditEvent } from './audit-rows.js';
import { AuditChain1764000002000 } from './migrations/002-audit-chain.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

describe('the audit log in PostgreSQL', () => {
  let postgres: RunningPostgres;
  let admin: Client;
  let database: Client;
  let storage: Storage;
  let number = 0;
  let databaseUrl: string;

  const open = () => openStorage({ databaseUrl, dataDir: '', poolSize: 5, logger, caseSensitiveUserNames: false });
  const record = (to: Storage, target: string) =>
    to.auditLog.record({ tenantDomain: 'carbon.super', actor: 'admin', action: 'user.locked', target });

  beforeAll(async () => {
    postgres = await startPostgres();
    admin = new Client({ connectionString: postgres.url });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await postgres.stop();
  });
  beforeEach(async () => {
    number += 1;
    await admin.query(`create database audit_${number}`);
    databaseUrl = postgres.url.replace(/\/postgres$/, `/audit_${number}`);
    storage = await open();
    database = new Client({ connectionString: databaseUrl });
    await database.connect();
    for (let event = 1; event <= 5; event++) await record(storage, `target-${event}`);
    return async () => {
      await database.end();
      await storage.close();
    };
  });

  /** What somebody can do who owns the tables. */
  async function asOwner(...statements: string[]): Promise<void> {
    for (const table of ['audit_events', 'audit_head'])
      await database.query(`alter table ${table} disable trigger all`);
    for (const statement of statements) await database.query(statement);
  }

  it.each([
    ['update audit_events set actor = actor'],
    ["update audit_events set actor = 'nobody' where false"],
    ['delete from audit_events where seq = 5'],
    ['truncate audit_events'],
    ['delete from audit_head'],
    ['truncate audit_head'],
    ['update audit_head set seq = 4'],
  ])('refuses: %s', async (statement) => {
    await expect(database.query(statement)).rejects.toThrow('the audit log is append-only');
    expect(await verifyChain(storage.auditTrail)).toMatchObject({ ok: true, events: 5 });
  });

  it.each([
    ['an actor', "update audit_events set actor = 'nobody' where seq = 3", 3, 'changed'],
    ['a time', 'update audit_events set at = at - 1 where seq = 1', 1, 'changed'],
    ['an address', "update audit_events set client_address = '' where seq = 2", 2, 'changed'],
    ['a detail', `update audit_events set detail = '{}' where seq = 2`, 2, 'changed'],
    ['an event in the middle', 'delete from audit_events where seq = 2', 2, 'missing'],
    ['the first event', 'delete from audit_events where seq = 1', 1, 'missing'],
    ['the last event', 'delete from audit_events where seq = 5', 5, 'missing'],
    ['every event', 'delete from audit_events', 1, 'missing'],
    ['the order', 'update audit_events set seq = 13 - seq where seq > 4; ', 5, 'missing'],
    ['a hash', `update audit_events set hash = sha256('x') where seq = 4`, 4, 'changed'],
    ['the head', `update audit_head set hash = sha256('x')`, 5, 'written anew'],
  ])('finds that the owner of the tables changed %s', async (_, statement, at, reason) => {
    await asOwner(statement);
    expect(await verifyChain(storage.auditTrail)).toEqual({ ok: false, at, reason: expect.stringContaining(reason) });
  });

  it('finds an event whose own hash was made right again at the one after it', async () => {
    const { rows } = await database.query<AuditColumns>(`select ${auditColumns} from audit_events where seq = '3'`);
    const row = rows[0];
    if (row === undefined) throw new Error('no event 3');
    const forged = { ...toAuditEvent({ ...row, seq: 3, at: Number(row.at) }), actor: 'nobody' };
    await asOwner(
      `update audit_events set actor = 'nobody', hash = '\\x${auditHash(forged).toString('hex')}' where seq = 3`,
    );
    expect(await verifyChain(storage.auditTrail)).toMatchObject({ ok: false, at: 4 });
  });

  it('finds by a noted head that the end was cut off and the head with it', async () => {
    const noted = await storage.auditTrail.head();
    await asOwner(
      'delete from audit_events where seq > 3',
      'update audit_head h set seq = e.seq, hash = e.hash from audit_events e where e.seq = 3',
    );
    expect(await verifyChain(storage.auditTrail)).toMatchObject({ ok: true, events: 3 });
    expect(await verifyChain(storage.auditTrail, { noted })).toMatchObject({ ok: false, at: 4 });
  });

  it('is one chain when three key managers write at once', async () => {
    const others = await Promise.all([open(), open()]);
    const writers = [storage, ...others];
    const targets = Array.from({ length: 900 }, (_, index) => `many-${index}`);
    await Promise.all(targets.map((target, index) => record(writers[index % 3] ?? storage, target)));
    await Promise.all(others.map((other) => other.close()));
    expect(await verifyChain(storage.auditTrail, { pageRows: 100 })).toMatchObject({ ok: true, events: 905 });
  });

  it('takes in what was recorded before there was a chain, in the order of its ids', async () => {
    await database.query('drop table audit_head; drop table audit_events; drop function audit_is_append_only');
    await database.query(`create table audit_events (
      id bigint generated always as identity primary key, tenant_domain text collate "C" not null, at bigint not null,
      actor text not null, action text not null, target text not null, client_address text, detail jsonb)`);
    await database.query(`insert into audit_events (tenant_domain, at, actor, action, target, client_address, detail)
      select 'carbon.super', n, 'admin', 'user.created', 'old-' || n, '192.0.2.1', '{"b": 1, "a": {"y": [1, "2"], "x": 0.5}}'
      from generate_series(1, 2500) n`);
    await database.query('delete from audit_events where id % 7 = 0');
    await database.query(`delete from schema_migrations where name = '${new AuditChain1764000002000().name}'`);
    const reopened = await open();
    await record(reopened, 'new');
    expect(await verifyChain(reopened.auditTrail)).toMatchObject({ ok: true, events: 2_500 - 357 + 1 });
    const [first] = await reopened.auditTrail.eventsAfter(0, 1);
    expect(first).toMatchObject({ seq: 1, target: 'old-1', clientAddress: '192.0.2.1' });
    await reopened.close();
  });
});
