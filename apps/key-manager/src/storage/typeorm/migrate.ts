import { setTimeout } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { translated } from './database-errors.js';
import { allMigrations } from './migrations/all-migrations.js';

/** Any number will do as long as every version of Keygate uses the same. */
const lockKey = 5_392_718_046;
const lockRetryMillis = 100;

/** The database was migrated by a newer version; going on would write rows that it misreads. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew';
}

export interface MigrationStatus {
  readonly name: string;
  readonly applied: boolean;
}

const knownNames = (): string[] => allMigrations.map(({ name }) => name);

/** What was applied and what waits, in order. Migrations of a newer version come last. */
export async function migrationStatus(dataSource: DataSource): Promise<MigrationStatus[]> {
  return exclusively(dataSource, async (runner) => {
    const applied = await appliedNames(runner);
    const known = knownNames();
    const newer = applied.filter((name) => !known.includes(name));
    return [...known, ...newer].map((name) => ({ name, applied: applied.includes(name) }));
  });
}

/** Applies what waits, one transaction each, and answers the names. Throws `SchemaTooNew`. */
export async function migrateUp(dataSource: DataSource): Promise<string[]> {
  return exclusively(dataSource, async (runner) => {
    refuseNewer(await appliedNames(runner));
    const executor = new MigrationExecutor(dataSource, runner);
    executor.transaction = 'each';
    const done = await executor.executePendingMigrations();
    return done.map(({ name }) => name);
  });
}

function refuseNewer(applied: readonly string[]): void {
  const newer = applied.filter((name) => !knownNames().includes(name));
  if (newer.length === 0) return;
  throw new SchemaTooNew(
    `The database was migrated by a newer Keygate (${newer.join(', ')}); this version knows up to ` +
      `${knownNames().at(-1)}. Start the newer version, or restore a backup from before.`,
  );
}

async function appliedNames(runner: QueryRunner): Promise<string[]> {
  const [{ table }] = await runner.query(`select to_regclass('schema_migrations') is not null as "table"`);
  if (!table) return [];
  const rows: { name: string }[] = await runner.query('select name from schema_migrations order by id');
  return rows.map(({ name }) => name);
}

/** Asks again and again instead of waiting in one statement, which the driver would give up after its time limit. */
async function lock(runner: QueryRunner): Promise<void> {
  for (;;) {
    const [{ locked }] = await runner.query(`select pg_try_advisory_lock(${lockKey}) as locked`);
    if (locked) return;
    await setTimeout(lockRetryMillis);
  }
}

/** TypeORM takes no lock: two key managers starting on an empty database would both make the tables. */
async function exclusively<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('set statement_timeout = 0');
    await lock(runner);
    try {
      return await work(runner);
    } finally {
      await runner.query(`select pg_advisory_unlock(${lockKey})`);
      await runner.query('reset statement_timeout');
    }
  } catch (error) {
    throw translated(error);
  } finally {
    await runner.release();
  }
}
