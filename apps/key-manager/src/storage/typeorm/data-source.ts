import { DataSource, type DataSourceOptions } from 'typeorm';
import { allEntities } from './entities/all-entities.js';
import { allMigrations } from './migrations/all-migrations.js';
import { SnakeNames } from './snake-names.js';
import { valueTypes } from './value-types.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

const connectTimeoutMillis = 5_000;
const statementTimeoutMillis = 15_000;

const common = {
  type: 'postgres',
  entities: allEntities,
  migrations: [...allMigrations],
  migrationsTableName: 'schema_migrations',
  synchronize: false,
  logging: false,
  namingStrategy: new SnakeNames(),
  installExtensions: false,
} satisfies PostgresOptions;

/** PostgreSQL by URL. A server that hangs or is gone is noticed in seconds, on the server's side and on ours. */
export function postgresDataSource(url: string, poolSize: number, onPoolError: (error: Error) => void): DataSource {
  return new DataSource({
    ...common,
    url,
    poolSize,
    connectTimeoutMS: connectTimeoutMillis,
    applicationName: 'keygate-key-manager',
    poolErrorHandler: onPoolError,
    extra: {
      types: valueTypes,
      keepAlive: true,
      // The statements count on it; a server may have another default.
      options: '-c default_transaction_isolation=read\\ committed',
      statement_timeout: statementTimeoutMillis,
      idle_in_transaction_session_timeout: statementTimeoutMillis,
      query_timeout: statementTimeoutMillis + 1_000,
    },
  });
}

/** The same over a pool of our own, for the embedded database. */
export function pooledDataSource(pool: object): DataSource {
  // TypeORM makes its pool by `new driver.Pool(…)`; a constructor that returns an object gives that object.
  function Pool() {
    return pool;
  }
  return new DataSource({ ...common, driver: { Pool } });
}
