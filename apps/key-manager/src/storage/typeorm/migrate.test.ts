import { createLogger } from '@keygate/common/logging';
import { type RunningPostgres, startPostgres } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrateStorage, openStorage, SchemaTooNew, storageMigrations } from '../open-storage.js';
import { postgresDataSource } from './data-source.js';
import { allEntities } from './entities/all-entities.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

describe('migrations', () => {
  let postgres: RunningPostgres;
  let admin: Client;
  let number = 0;
  let databaseUrl: string;
  const options = () => ({ databaseUrl, dataDir: '', poolSize: 3, logger, caseSensitiveUserNames: false });

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
    await admin.query(`create database empty_${number}`);
    databaseUrl = postgres.url.replace(/\/postgres$/, `/empty_${number}`);
  });

  async function query(sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  it('wait on an empty database and are applied once', async () => {
    const status = await storageMigrations(options());
    expect(status.length).toBeGreaterThan(0);
    expect(status.every(({ applied }) => !applied)).toBe(true);
    expect(await migrateStorage(options())).toEqual(status.map(({ name }) => name));
    expect(await migrateStorage(options())).toEqual([]);
    expect((await storageMigrations(options())).every(({ applied }) => applied)).toBe(true);
  });

  it('are applied once when three servers start at once on an empty database', async () => {
    const storages = await Promise.all([1, 2, 3].map(() => openStorage(options())));
    await Promise.all(storages.map((storage) => storage.ping()));
    await Promise.all(storages.map((storage) => storage.close()));
    const applied = await storageMigrations(options());
    expect(await query('select name from schema_migrations')).toHaveLength(applied.length);
  });

  it('of a newer version stop an older one, in one line', async () => {
    await migrateStorage(options());
    await query(`insert into schema_migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`);
    const error: Error = await openStorage(options()).then(
      () => new Error('opened'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(SchemaTooNew);
    expect(error.message).toContain('Later9999999999999');
    expect(error.message).not.toContain('\n');
    expect(await storageMigrations(options())).toContainEqual({ name: 'Later9999999999999', applied: true });
  });

  it('make the columns that the entities name', async () => {
    await migrateStorage(options());
    const columns = (await query(
      `select table_name || '.' || column_name || ' ' || data_type || case is_nullable when 'YES' then ' null' else '' end
         as line from information_schema.columns where table_schema = 'public'`,
    )) as { line: string }[];
    const dataSource = postgresDataSource(databaseUrl, 1, () => undefined);
    await dataSource.initialize();
    const named = allEntities.flatMap((entity) =>
      dataSource
        .getMetadata(entity)
        .columns.map(
          ({ entityMetadata, databaseName, type, isNullable }) =>
            `${entityMetadata.tableName}.${databaseName} ${type}${isNullable ? ' null' : ''}`,
        ),
    );
    await dataSource.destroy();
    const tables = new Set(named.map((line) => line.split('.')[0]));
    const made = columns.map(({ line }) => line).filter((line) => tables.has(line.split('.')[0]));
    expect(named.sort()).toEqual(made.sort());
  });

  it('give every owned table the domain of its tenant', async () => {
    await migrateStorage(options());
    const without = (await query(
      `select table_name from information_schema.tables t where table_schema = 'public' and not exists (
         select from information_schema.columns c
         where c.table_name = t.table_name and c.column_name = 'tenant_domain') order by table_name`,
    )) as { table_name: string }[];
    // Tokens, and pairs that are given out again, belong to the tenant of their grant; the rest is the server's own.
    expect(without.map((row) => row.table_name)).toEqual([
      'access_tokens',
      'audit_head',
      'catalog_events',
      'counters',
      'refresh_tokens',
      'reusable_tokens',
      'revocations',
      'schema_migrations',
      'settings',
      'subject_epochs',
      'tenants',
      'usage_counts',
      'used_ids',
    ]);
  });

  it('a changed setting for user names makes the keys again, or says why it cannot', async () => {
    const sensitive = { ...options(), caseSensitiveUserNames: true };
    const user = { tenantDomain: 'carbon.super', domain: 'PRIMARY', passwordHash: 'x', claims: {}, roles: [] };
    const name = (username: string) => ({ tenantDomain: 'carbon.super', domain: 'PRIMARY', username });
    const first = await openStorage(sensitive);
    await first.users.createUser({ ...user, username: 'Alice' });
    expect(await first.users.findUser(name('alice'))).toBeUndefined();
    await first.close();
    const second = await openStorage(options());
    expect(await second.users.findUser(name('ALICE'))).toBeDefined();
    await second.close();
    const third = await openStorage(sensitive);
    await third.users.createUser({ ...user, username: 'alice' });
    await third.close();
    await expect(openStorage(options())).rejects.toThrow(/caseSensitiveUserNames/);
  });
});
