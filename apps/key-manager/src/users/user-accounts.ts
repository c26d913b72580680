import type { Author } from '../audit/author.js';
import type { AuditEvent } from '../oauth2/ports.js';
import { isAcceptableLength, type Passwords } from './passwords.js';
import type { User } from './user.js';
import { fullUserName, type UserName } from './user-name.js';
import type { UserChange, UserStore } from './user-store.js';

/** The password is too short or too long; the message says which. */
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
  readonly passwords: Passwords;
}

/**
 * What is done to accounts, each with its line in the audit log; what it means for the user's tokens is the store's to
 * see to. Throws what `UserStore` and `Passwords` throw.
 */
export class UserAccounts {
  constructor(private readonly ports: Ports) {}

  async create({ name, password, roles, claims = {} }: NewAccount, author: Author): Promise<User> {
    checkUserName(name);
    checkPassword(password, this.ports.passwords);
    const passwordHash = await this.ports.passwords.hash(password);
    const made = event('user.created', name, author, { roles: roles.join(' ') });
    return this.ports.users.createUser({ ...name, passwordHash, claims, roles }, made);
  }

  async setPassword(user: User, password: string, author: Author): Promise<void> {
    checkPassword(password, this.ports.passwords);
    const passwordHash = await this.ports.passwords.hash(password);
    await this.#change(user, { passwordHash }, () => event('user.password_set', user, author));
  }

  async setLocked(user: User, locked: boolean, author: Author): Promise<void> {
    await this.#change(user, { locked }, () => event(locked ? 'user.locked' : 'user.unlocked', user, author));
  }

  async setRoles(user: User, roles: NonNullable<UserChange['roles']>, author: Author): Promise<void> {
    await this.#change(user, { roles }, (before, after) =>
      event('user.roles_set', user, author, {
        added: missing(before.roles, after.roles).join(' '),
        removed: missing(after.roles, before.roles).join(' '),
      }),
    );
  }

  /** Only the names of the claims are recorded: what they say is about a person. */
  async setClaims(user: User, claims: Readonly<Record<string, string>>, author: Author): Promise<void> {
    await this.#change(user, { claims: { ...user.claims, ...claims } }, () =>
      event('user.changed', user, author, { claims: Object.keys(claims).join(' ') }),
    );
  }

  /** False when there was none. */
  delete(user: User, author: Author): Promise<boolean> {
    return this.ports.users.deleteUser(user.tenantDomain, user.id, event('user.deleted', user, author));
  }

  async #change(user: User, change: UserChange, recorded: (before: User, after: User) => AuditEvent): Promise<void> {
    await this.ports.users.updateUser(user.tenantDomain, user.id, change, recorded);
  }
}

function event(action: string, name: UserName, author: Author, detail?: AuditEvent['detail']): AuditEvent {
  return { tenantDomain: name.tenantDomain, ...author, action, target: fullUserName(name), detail };
}

/** Those of `wanted` that are not in `held`. */
const missing = (held: readonly string[], wanted: readonly string[]) => wanted.filter((name) => !held.includes(name));

/** The one rule for every password that is set, whoever sets it. Throws `UnacceptablePassword`. */
function checkPassword(password: string, { minLength }: Passwords): void {
  if (!isAcceptableLength(password)) throw new UnacceptablePassword('the password is longer than 512 bytes');
  // Counted as a person counts: an emoji is one character.
  if ([...password].length < minLength) {
    throw new UnacceptablePassword(`the password is shorter than ${minLength} characters`);
  }
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
