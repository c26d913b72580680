import type { AuditEvent, AuditLog, Clock, TokenStore } from '../oauth2/ports.js';
import { isAcceptableLength, type Passwords } from './passwords.js';
import type { User } from './user.js';
import { fullUserName, type UserName } from './user-name.js';
import type { UserStore } from './user-store.js';

/** The password is empty or too long; the message says which. */
export class UnacceptablePassword extends Error {
  override readonly name = 'UnacceptablePassword';
}

/** The user name is empty, too long or holds characters that no client could send back. */
export class UnacceptableUserName extends Error {
  override readonly name = 'UnacceptableUserName';
}

export interface NewAccount {
  readonly name: UserName;
  readonly password: string;
  readonly roles: readonly string[];
  readonly claims?: Readonly<Record<string, string>>;
}

interface Ports {
  readonly users: UserStore;
  readonly tokens: Pick<TokenStore, 'revokeBy'>;
  readonly audit: AuditLog;
  readonly passwords: Passwords;
  readonly clock: Clock;
}

/**
 * What is done to accounts, with its consequences: whoever loses the password, the lock or the account loses every
 * token as well. `actor` is the full name of who does it. Throws what `UserStore` and `Passwords` throw.
 */
export class UserAccounts {
  constructor(private readonly ports: Ports) {}

  async create(account: NewAccount, actor: string): Promise<User> {
    checkUserName(account.name);
    checkPassword(account.password);
    const user = await this.ports.users.createUser({
      ...account.name,
      passwordHash: await this.ports.passwords.hash(account.password),
      claims: account.claims ?? {},
      roles: account.roles,
    });
    await this.#record('user.created', user, actor);
    return user;
  }

  async setPassword(user: User, password: string, actor: string): Promise<void> {
    checkPassword(password);
    const passwordHash = await this.ports.passwords.hash(password);
    await this.ports.users.updateUser(user.tenantDomain, user.id, { passwordHash });
    await this.#revokeTokens(user);
    await this.#record('user.password_set', user, actor);
  }

  async setLocked(user: User, locked: boolean, actor: string): Promise<void> {
    await this.ports.users.updateUser(user.tenantDomain, user.id, { locked });
    if (locked) await this.#revokeTokens(user);
    await this.#record(locked ? 'user.locked' : 'user.unlocked', user, actor);
  }

  /** False when there was none. */
  async delete(user: User, actor: string): Promise<boolean> {
    const deleted = await this.ports.users.deleteUser(user.tenantDomain, user.id);
    // Also when it was gone already: a repeated request finishes what a failed one began.
    await this.#revokeTokens(user);
    if (deleted) await this.#record('user.deleted', user, actor);
    return deleted;
  }

  async #revokeTokens(user: User): Promise<void> {
    await this.ports.tokens.revokeBy({ kind: 'subject', subject: fullUserName(user) }, this.ports.clock.now());
  }

  async #record(action: AuditEvent['action'], user: User, actor: string): Promise<void> {
    const target = fullUserName(user);
    await this.ports.audit.record({ tenantDomain: user.tenantDomain, actor, action, target });
  }
}

/** Throws `UnacceptablePassword`. */
export function checkPassword(password: string): void {
  if (password === '') throw new UnacceptablePassword('the password is empty');
  if (!isAcceptableLength(password)) throw new UnacceptablePassword('the password is longer than 512 bytes');
}

// Control characters would forge log lines, and a colon would end the name inside Basic credentials (RFC 7617 §2).
const unprintable = /[\p{Cc}\p{Cs}:]/u;

/** Throws `UnacceptableUserName`. */
export function checkUserName({ username, domain }: UserName): void {
  if (username === '' || username !== username.trim() || `${domain}/${username}`.length > 255) {
    throw new UnacceptableUserName('a user name is 1 to 255 characters without blanks around it');
  }
  if (unprintable.test(username) || unprintable.test(domain)) {
    throw new UnacceptableUserName('a user name holds no control characters and no ":"');
  }
  // Both would be read as another name when they come back in a login.
  if (username.includes('/') || username.startsWith('@')) {
    throw new UnacceptableUserName('a user name holds no "/" and does not begin with "@"');
  }
}

// What attackers try first; checked only where the key manager can be reached from other machines.
const common = /^(admin|password|passw0rd|keygate|wso2|secret|changeme|letmein|qwerty|welcome|test|12345\d*)[\W\d_]*$/i;

/** True for a password that may not guard an account others can reach: under 12 characters, or one of the usual ones. */
export function isWeakPassword(password: string): boolean {
  return password.length < 12 || common.test(password) || new Set(password).size < 5;
}
