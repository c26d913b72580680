import type { Logger } from '@keygate/common/logging';
import { TemporarilyUnavailable } from '../oauth2/errors.js';
import type { ResourceOwner } from '../oauth2/model.js';
import type { ResourceOwners } from '../oauth2/ports.js';
import { FactChanges } from '../storage/fact-changes.js';
import { MemoryOfFacts } from '../storage/memory-of-facts.js';
import { QueueFull } from './bounded-queue.js';
import { isAcceptableLength, type Passwords } from './passwords.js';
import type { UserAtLogin } from './user.js';
import { fullUserName, parseUserName } from './user-name.js';
import type { UserStore } from './user-store.js';

/** Longest login name that is looked up, in UTF-16 units; a longer one is nobody's. */
const maxLoginLength = 512;

/** A full queue is worked off in about this time. */
const retryAfterSeconds = 2;

/** The users of the user store as resource owners (RFC 6749 §1.1). */
export class StoredResourceOwners implements ResourceOwners {
  readonly #remembered: MemoryOfFacts<ResourceOwner>;
  readonly #logins: MemoryOfFacts<UserAtLogin>;

  constructor(
    private readonly users: Pick<UserStore, 'findUser' | 'rehashPassword'>,
    private readonly passwords: Passwords,
    private readonly logger: Logger,
    changes = new FactChanges(),
  ) {
    this.#remembered = new MemoryOfFacts('users', changes);
    this.#logins = new MemoryOfFacts('users', changes);
  }

  async authenticate(username: string, password: string): Promise<ResourceOwner | undefined> {
    try {
      return await this.#authenticate(username, password);
    } catch (error) {
      if (error instanceof QueueFull) {
        throw new TemporarilyUnavailable(retryAfterSeconds, { cause: error });
      }
      throw error;
    }
  }

  async find(subject: string): Promise<ResourceOwner | undefined> {
    return (
      this.#remembered.recall(subject) ??
      this.#remembered.read(subject, async () => {
        const user = await this.#findUser(subject);
        return user && !user.locked ? resourceOwner(user) : undefined;
      })
    );
  }

  forget(subject: string): void {
    this.#remembered.forget(subject);
    this.#logins.forget(subject);
  }

  async #authenticate(username: string, password: string): Promise<ResourceOwner | undefined> {
    // Costs nothing, and tells nothing: it depends on what was sent alone.
    if (!isAcceptableLength(password)) return undefined;
    const remembered = this.#logins.recall(username);
    const user = remembered ?? (await this.#readLogin(username));
    if (!user) {
      await this.passwords.verifyNobody(password);
      return undefined;
    }
    const isRight = await this.passwords.verify(user.passwordHash, password);
    if (!isRight && !remembered) return undefined;
    // A check can wait in the queue for long, and roles and epoch must be of the moment in which the password was still
    // this one: whoever was locked or got another one meanwhile lost every token then. Remembered still means unchanged.
    const isUnchanged = isRight && this.#logins.recall(username) === user;
    const now = isUnchanged ? user : await this.#readLogin(username);
    if (!now) return undefined;
    if (now.passwordHash !== user.passwordHash) {
      // What was remembered lets in only: it does not keep out who has got a new password elsewhere.
      return isRight ? undefined : this.#authenticate(username, password);
    }
    if (!isRight) return undefined;
    if (this.passwords.isWeak(now.passwordHash)) await this.#rehash(now, password);
    return resourceOwner(now);
  }

  /** Undefined for nobody and for who is locked. */
  #readLogin(login: string): Promise<UserAtLogin | undefined> {
    return this.#logins.read(login, async () => {
      const user = await this.#findUser(login);
      return user?.locked ? undefined : user;
    });
  }

  async #findUser(login: string): Promise<UserAtLogin | undefined> {
    // A NUL cannot be stored by PostgreSQL; asking for it is an error there, not "nobody".
    if (login.length > maxLoginLength || login.includes('\0')) return undefined;
    return this.users.findUser(parseUserName(login));
  }

  /** The login stands whether or not the stronger hash could be made or stored: the next one tries again. */
  async #rehash(user: UserAtLogin, password: string): Promise<void> {
    try {
      const stronger = await this.passwords.hash(password);
      await this.users.rehashPassword(user.tenantDomain, user.id, user.passwordHash, stronger);
    } catch (error) {
      this.logger.warn({ err: error, userId: user.id }, 'password was not re-hashed');
    }
  }
}

/** How a user shows up in grants and tokens. */
function resourceOwner(user: UserAtLogin): ResourceOwner {
  const { tenantDomain, tokenEpoch } = user;
  return { subject: fullUserName(user), tenantDomain, roles: rolesOf(user), tokenEpoch };
}

/** WSO2: everybody has `Internal/everyone`, listed or not. */
function rolesOf(user: UserAtLogin): readonly string[] {
  return user.roles.includes('Internal/everyone') ? user.roles : [...user.roles, 'Internal/everyone'];
}
