import { userInfo } from 'node:os';
import type { Logger } from '@keygate/common/logging';
import type { Author } from '../audit/author.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import type { User } from '../users/user.js';
import type { UserAccounts } from '../users/user-accounts.js';
import { parseUserName } from '../users/user-name.js';
import { withDatabase, withExistingDatabase } from './database.js';

/** Throws `AlreadyExists`, `NotFound` for a role that is not there, `UnacceptablePassword`, `UnacceptableUserName`. */
export function createUser(
  config: KeyManagerConfig,
  logger: Logger,
  account: { readonly username: string; readonly password: string; readonly roles: readonly string[] },
): Promise<User> {
  const { username, password, roles } = account;
  return withDatabase(config, logger, ({ accounts }) =>
    accounts.create({ name: parseUserName(username), password, roles }, operator()),
  );
}

/** False when there is no such user. The user's tokens are revoked. */
export function setUserPassword(
  config: KeyManagerConfig,
  logger: Logger,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<boolean> {
  return withUser(config, logger, username, (accounts, user) => accounts.setPassword(user, password, operator()));
}

/** False when there is no such user. A lock revokes the user's tokens. */
export function setUserLocked(
  config: KeyManagerConfig,
  logger: Logger,
  { username, locked }: { readonly username: string; readonly locked: boolean },
): Promise<boolean> {
  return withUser(config, logger, username, (accounts, user) => accounts.setLocked(user, locked, operator()));
}

/** False when there is no such user. The user's tokens are revoked. */
export function deleteUser(config: KeyManagerConfig, logger: Logger, username: string): Promise<boolean> {
  return withUser(config, logger, username, (accounts, user) => accounts.delete(user, operator()));
}

function withUser(
  config: KeyManagerConfig,
  logger: Logger,
  username: string,
  work: (accounts: UserAccounts, user: User) => Promise<unknown>,
): Promise<boolean> {
  return withExistingDatabase(config, logger, async ({ storage, accounts }) => {
    const user = await storage.users.findUser(parseUserName(username));
    if (!user) return false;
    await work(accounts, user);
    return true;
  });
}

/** In the audit log: whoever has the shell of the machine, by the account there. */
function operator(): Author {
  return { actor: `operator:${accountName()}` };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no account.
    return String(process.getuid?.() ?? '');
  }
}
