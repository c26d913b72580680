import type { Logger } from '@keygate/common/logging';
import { createPasswords, systemClock } from '../assembly.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { type MigrationStatus, migrateStorage, openStorage, storageMigrations } from '../storage/open-storage.js';
import type { Storage } from '../storage/storage.js';
import type { User } from '../users/user.js';
import { UserAccounts } from '../users/user-accounts.js';
import { parseUserName, superTenant } from '../users/user-name.js';

export { type DemoFacts, type DemoOptions, DemoOutsideLoopback, demoFacts, seedDemo } from './demo.js';

/** What an operator does to the database without a running server. The embedded one must not be in use. */
export interface Database {
  readonly storage: Storage;
  readonly accounts: UserAccounts;
}

/** In the audit log: whoever has the shell of the machine. */
const operator = 'operator';

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
    const ports = { ...storage, audit: storage.auditLog, passwords: createPasswords(passwords), clock: systemClock };
    return await work({ storage, accounts: new UserAccounts(ports) });
  } finally {
    await storage.close();
  }
}

/** Which migrations are applied and which wait. Changes nothing. */
export function migrationStatus(config: KeyManagerConfig, logger: Logger): Promise<MigrationStatus[]> {
  return storageMigrations({ ...connectionOf(config), logger });
}

/** Applies what waits and answers the names. */
export function migrateUp(config: KeyManagerConfig, logger: Logger): Promise<string[]> {
  return migrateStorage({ ...connectionOf(config), logger });
}

/** Throws `AlreadyExists`, `NotFound` for a role that is not there, `UnacceptablePassword`, `UnacceptableUserName`. */
export function createUser(
  config: KeyManagerConfig,
  logger: Logger,
  account: { readonly username: string; readonly password: string; readonly roles: readonly string[] },
): Promise<User> {
  const { username, password, roles } = account;
  return withDatabase(config, logger, ({ accounts }) =>
    accounts.create({ name: parseUserName(username), password, roles }, operator),
  );
}

/** False when there is no such user. The user's tokens are revoked. */
export function setUserPassword(
  config: KeyManagerConfig,
  logger: Logger,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<boolean> {
  return withDatabase(config, logger, async ({ storage, accounts }) => {
    const user = await storage.users.findUser(parseUserName(username));
    if (!user) return false;
    await accounts.setPassword(user, password, operator);
    return true;
  });
}

function connectionOf({ dataDir, keyManager }: KeyManagerConfig) {
  return { databaseUrl: keyManager.databaseUrl, dataDir, poolSize: keyManager.databasePoolSize };
}
