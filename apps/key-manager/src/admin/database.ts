import type { Logger } from '@keygate/common/logging';
import { createPasswords } from '../assembly.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { openStorage } from '../storage/open-storage.js';
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

export function connectionOf({ dataDir, keyManager }: KeyManagerConfig) {
  return { databaseUrl: keyManager.databaseUrl, dataDir, poolSize: keyManager.databasePoolSize };
}
