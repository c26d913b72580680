import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { temporaryFolder } from '@keygate/common/testing';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../errors.js';
import { pooledDataSource } from '../data-source.js';
import { Database } from '../database.js';
import { createDatabaseFolder } from './database-image.js';
import { ExclusivePool } from './exclusive-pool.js';

describe('ExclusivePool', () => {
  const folder = temporaryFolder();
  let pglite: PGlite;
  let client: Client;

  beforeAll(async () => {
    await createDatabaseFolder(join(folder.path, 'database'));
    pglite = await PGlite.create(join(folder.path, 'database'));
    client = new Client(createPgConfig(pglite));
    await client.connect();
    await client.query('create table t (value integer not null)');
  });
  afterAll(async () => {
    await client.end();
    await pglite.close();
    folder.remove();
  });
  beforeEach(async () => {
    await client.query('delete from t');
    await client.query('insert into t values (0)');
  });

  async function withDatabase(
    limits: { maxWaiting: number; waitMillis: number },
    work: (db: Database) => Promise<void>,
  ) {
    const dataSource: DataSource = pooledDataSource(new ExclusivePool(client, limits));
    await dataSource.initialize();
    try {
      await work(new Database(dataSource));
    } finally {
      await dataSource.destroy();
    }
  }

  const value = async (db: Database) =>
    (await db.run((session) => session.row<{ value: number }>('select value from t')))?.value;
  const generous = { maxWaiting: 100, waitMillis: 10_000 };

  it('keeps transactions apart: one that is rolled back leaves nothing to the next', async () => {
    await withDatabase(generous, async (db) => {
      const add = (amount: number, fail: boolean) =>
        db.transaction(async (session) => {
          const row = await session.row<{ value: number }>('select value from t');
          await new Promise((resolve) => setImmediate(resolve));
          await session.changed('update t set value = $1', [(row?.value ?? 0) + amount]);
          await new Promise((resolve) => setImmediate(resolve));
          if (fail) throw new Error('rolled back');
        });
      const results = await Promise.allSettled([add(100, true), add(1, false), add(1, false), add(100, true)]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected']);
      expect(await value(db)).toBe(2);
    });
  });

  it('reports a transaction that asks for a second connection instead of waiting for ever', async () => {
    await withDatabase({ maxWaiting: 10, waitMillis: 100 }, async (db) => {
      const nested = db.transaction(async (session) => {
        await session.changed('update t set value = 5');
        await db.run((other) => other.rows('select 1'));
      });
      await expect(nested).rejects.toThrow(/second connection/);
      expect(await value(db)).toBe(0);
    });
  });

  it('refuses at once when too many wait', async () => {
    await withDatabase({ maxWaiting: 3, waitMillis: 10_000 }, async (db) => {
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => value(db)));
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(refused).toHaveLength(6);
      expect(refused[0]).toBeInstanceOf(StoreUnavailable);
    });
  });

  it('rolls back what a lease leaves open', async () => {
    await withDatabase(generous, async (db) => {
      await db.run(async (session) => {
        await session.rows('begin');
        await session.changed('update t set value = 9');
      });
      expect(await value(db)).toBe(0);
      await expect(db.run((session) => session.rows('select nonsense'))).rejects.toThrow(/nonsense/);
      expect(await value(db)).toBe(0);
    });
  });

  it('lets who holds it finish when it is closed, and refuses who waits', async () => {
    const pool = new ExclusivePool(client, generous);
    const dataSource = pooledDataSource(pool);
    await dataSource.initialize();
    const db = new Database(dataSource);
    let ended = false;
    let closing: Promise<void> | undefined;
    await db.transaction(async (session) => {
      const waiting = value(db);
      closing = new Promise<void>((resolve) => pool.end(() => resolve())).then(() => {
        ended = true;
      });
      await expect(waiting).rejects.toThrow(StoreUnavailable);
      await session.changed('update t set value = 7');
      expect(ended).toBe(false);
    });
    await closing;
    const { rows } = await client.query('select value from t');
    expect(rows).toEqual([{ value: 7 }]);
  });
});
