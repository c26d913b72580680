import type { DataSource } from 'typeorm';
import { StoreUnavailable } from './errors.js';
import type { Storage, StorageOptions } from './storage.js';
import { pooledDataSource, postgresDataSource } from './typeorm/data-source.js';
import { translated } from './typeorm/database-errors.js';
import { openEmbeddedDatabase } from './typeorm/embedded/embedded-database.js';
import { channel } from './typeorm/feed-numbers.js';
import { type MigrationStatus, migrateUp, migrationStatus } from './typeorm/migrate.js';
import { PostgresListener } from './typeorm/postgres-listener.js';
import { createTypeOrmStorage, type StorageParts } from './typeorm/typeorm-storage.js';

export { createMemoryStorage } from './memory/memory-storage.js';
export { DataFolderInUse } from './typeorm/embedded/data-folder-lock.js';
export { hasEmbeddedDatabase } from './typeorm/embedded/embedded-database.js';
export { type MigrationStatus, SchemaTooNew } from './typeorm/migrate.js';

type Connection = Pick<StorageParts, 'kind' | 'dataSource' | 'listen' | 'release'>;
type ConnectionOptions = Pick<StorageOptions, 'databaseUrl' | 'dataDir' | 'poolSize' | 'logger'>;

/**
 * Opens the database, applies the migrations that wait, and answers its stores. Throws `StoreUnavailable`,
 * `SchemaTooNew` or `DataFolderInUse`, each with one line that says what to do.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const connection = await connect(options);
  try {
    const applied = await migrateUp(connection.dataSource);
    if (applied.length > 0) options.logger.info({ migrations: applied }, 'database schema updated');
    return await createTypeOrmStorage({
      ...connection,
      logger: options.logger,
      clock: options.clock ?? { now: () => Date.now() },
      caseSensitiveUserNames: options.caseSensitiveUserNames,
    });
  } catch (error) {
    await disconnect(connection);
    throw error;
  }
}

/** Applied and waiting migrations, without opening the stores. */
export function storageMigrations(options: ConnectionOptions): Promise<MigrationStatus[]> {
  return withConnection(options, migrationStatus);
}

/** Applies what waits and answers the names. */
export function migrateStorage(options: ConnectionOptions): Promise<string[]> {
  return withConnection(options, migrateUp);
}

async function withConnection<T>(options: ConnectionOptions, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const connection = await connect(options);
  try {
    return await work(connection.dataSource);
  } finally {
    await disconnect(connection);
  }
}

async function connect(options: ConnectionOptions): Promise<Connection> {
  return options.databaseUrl === undefined
    ? connectEmbedded(options)
    : connectPostgres({ ...options, databaseUrl: options.databaseUrl });
}

async function connectPostgres(options: ConnectionOptions & { databaseUrl: string }): Promise<Connection> {
  const { databaseUrl, poolSize, logger } = options;
  const dataSource = postgresDataSource(databaseUrl, poolSize, (error) =>
    logger.warn({ reason: error.message }, 'a database connection was lost'),
  );
  await initialize(dataSource);
  return {
    kind: 'postgresql',
    dataSource,
    listen: async (ear) => {
      const listener = new PostgresListener(databaseUrl, channel, ear, logger);
      await listener.start();
      return () => listener.stop();
    },
    release: async () => undefined,
  };
}

async function connectEmbedded({ dataDir, logger }: ConnectionOptions): Promise<Connection> {
  const database = await openEmbeddedDatabase(dataDir);
  database.pool.on('error', (error: Error) => logger.error(error.message));
  const dataSource = pooledDataSource(database.pool);
  try {
    await initialize(dataSource);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    kind: 'embedded',
    dataSource,
    listen: async (ear) => {
      await database.listen(channel, (payload) => ear.notified(payload));
      ear.hearing(true);
      return async () => undefined;
    },
    release: () => database.close(),
  };
}

async function initialize(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.initialize();
  } catch (error) {
    const known = translated(error);
    throw known instanceof StoreUnavailable ? new StoreUnavailable(known.message) : known;
  }
}

async function disconnect({ dataSource, release }: Connection): Promise<void> {
  await dataSource.destroy();
  await release();
}
