import type { Logger } from '@keygate/common/logging';
import { createPasswords } from '../assembly.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { hasEmbeddedDatabase, openStorage } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import { UserAccounts } from '../users/user-accounts.js';
import { superTenant } from '../users/user-name.js';

/** What an operator does to the database without a running server. The embedded one must not be in use. */
export interface Database {
  readonly storage: Storage;
  readonly accounts: UserAccounts;
}

/** Opens the configured database, with migrations applied, and closes it again whatever happens. */
export async function withDatabase<T>(
  config: KeyManagerConfig,
  logger: Logger,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { caseSensitiveUserNames, passwords } = config.keyManager;
  const storage = await openStorage({ ...connectionOf(config), logger, caseSensitiveUserNames });
  try {
    await storage.tenants.seedTenant(superTenant);
    const accounts = new UserAccounts({ users: storage.users, passwords: createPasswords(passwords) });
    return await work({ storage, accounts });
  } finally {
    await storage.close();
  }
}

/** Nothing is in the data folder. A new database there would have been asked about keys and events that it cannot have. */
export class NoDatabase extends Error {
  override readonly name = 'NoDatabase';
  constructor(dataDir: string) {
    super(
      `There is no embedded database in ${dataDir}: name its data folder (--data-dir; npm start with a port offset ` +
        'uses .keygate-<offset>) or a PostgreSQL (DATABASE_URL)',
    );
  }
}

/** The same for work that makes sense only where key managers have run: it makes no embedded database. */
export async function withExistingDatabase<T>(
  config: KeyManagerConfig,
  logger: Logger,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { databaseUrl, dataDir } = connectionOf(config);
  if (databaseUrl === undefined && !hasEmbeddedDatabase(dataDir)) throw new NoDatabase(dataDir);
  return withDatabase(config, logger, work);
}

export function connectionOf({ dataDir, keyManager }: KeyManagerConfig) {
  return { databaseUrl: keyManager.databaseUrl, dataDir, poolSize: keyManager.databasePoolSize };
}
