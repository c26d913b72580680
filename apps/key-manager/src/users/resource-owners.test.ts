import { createLogger } from '@keygate/common/logging';
import { beforeEach, describe, expect, it } from 'vitest';
import { TemporarilyUnavailable } from '../oauth2/errors.js';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import type { Storage } from '../storage/storage.js';
import { Passwords } from './passwords.js';
import { StoredResourceOwners } from './resource-owners.js';
import { UnacceptablePassword, UnacceptableUserName, UserAccounts } from './user-accounts.js';
import { parseUserName } from './user-name.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const cheap = { memoryKib: 8_192, iterations: 1 };
const bounds = { threads: 2, maxQueue: 10 };

/** Counts what was hashed, so that equal cost is a fact and not a measurement. */
class CountingPasswords extends Passwords {
  verifications = 0;
  /** Runs between the check and what follows it. */
  afterVerify: () => Promise<unknown> = async () => undefined;
  override async verify(stored: string, password: string): Promise<boolean> {
    this.verifications += 1;
    const right = await super.verify(stored, password);
    await this.afterVerify();
    return right;
  }
}

const author = { actor: 'admin@carbon.super', clientAddress: '192.0.2.9' };

describe('resource owners', () => {
  let storage: Storage;
  let passwords: CountingPasswords;
  let owners: StoredResourceOwners;
  let accounts: UserAccounts;

  beforeEach(async () => {
    storage = createMemoryStorage();
    await storage.tenants.seedTenant('carbon.super');
    await storage.users.createRole('carbon.super', 'readers');
    passwords = new CountingPasswords(cheap, bounds);
    owners = new StoredResourceOwners(storage.users, passwords, logger);
    accounts = new UserAccounts({ users: storage.users, passwords });
    await accounts.create({ name: parseUserName('Alice'), password: 'secret', roles: ['readers'] }, author);
    passwords.verifications = 0;
  });
  const alice = async () => {
    const user = await storage.users.findUser(parseUserName('alice'));
    if (!user) throw new Error('alice is gone');
    return user;
  };

  it('answer the subject as it was registered, and everybody is in Internal/everyone', async () => {
    const expected = {
      subject: 'Alice@carbon.super',
      tenantDomain: 'carbon.super',
      roles: ['readers', 'Internal/everyone'],
      tokenEpoch: 0,
    };
    expect(await owners.authenticate('aLiCe', 'secret')).toEqual(expected);
    expect(await owners.find('alice@carbon.super')).toEqual(expected);
  });

  it.each([
    ['an unknown user', 'nobody', 'secret'],
    ['a wrong password', 'alice', 'wrong'],
    ['a user of a tenant that is not there', 'alice@nowhere', 'secret'],
    ['a name that cannot be stored', 'al\0ice', 'secret'],
    ['a name without end', 'a'.repeat(10_000), 'secret'],
  ])('answer nobody for %s, at the price of one check', async (_what, username, password) => {
    expect(await owners.authenticate(username, password)).toBeUndefined();
    expect(passwords.verifications).toBe(1);
  });

  it('answer nobody for a locked user, at the price of one check', async () => {
    await accounts.setLocked(await alice(), true, author);
    expect(await owners.authenticate('alice', 'secret')).toBeUndefined();
    expect(passwords.verifications).toBe(1);
    expect(await owners.find('alice@carbon.super')).toBeUndefined();
  });

  it('do the same for unknown, wrong and locked: one search, one check', async () => {
    const name = parseUserName('locked');
    await accounts.create({ name, password: 'locked password', roles: ['readers'] }, author);
    const locked = await storage.users.findUser(name);
    if (locked) await accounts.setLocked(locked, true, author);
    const work: string[] = [];
    const { users } = storage;
    const noting = {
      findUser: (sought: typeof name) => users.findUser(sought).finally(() => work.push('search')),
      rehashPassword: users.rehashPassword.bind(users),
    };
    passwords.afterVerify = async () => work.push('check');
    const watched = new StoredResourceOwners(noting, passwords, logger);
    for (const [username, password] of [
      ['nobody', 'secret'],
      ['alice', 'wrong'],
      ['locked', 'wrong'],
      ['locked', 'locked password'],
    ] as const) {
      work.length = 0;
      expect(await watched.authenticate(username, password)).toBeUndefined();
      expect(work).toEqual(['search', 'check']);
    }
  });

  it('do not hash a password that is too long', async () => {
    expect(await owners.authenticate('alice', 'x'.repeat(513))).toBeUndefined();
    expect(await owners.authenticate('alice', 'ü'.repeat(300))).toBeUndefined();
    expect(passwords.verifications).toBe(0);
  });

  it('compare the bytes that were sent', async () => {
    await accounts.setPassword(await alice(), 'caf\u00e9', author);
    expect(await owners.authenticate('alice', 'cafe\u0301')).toBeUndefined();
    expect(await owners.authenticate('alice', 'caf\u00e9')).toBeDefined();
  });

  it('hash again when the parameters rose, and only then', async () => {
    const stronger = new Passwords({ memoryKib: 9_000, iterations: 2 }, bounds);
    const before = (await alice()).passwordHash;
    await owners.authenticate('alice', 'secret');
    expect((await alice()).passwordHash).toBe(before);
    const raised = new StoredResourceOwners(storage.users, stronger, logger);
    expect(await raised.authenticate('alice', 'secret')).toBeDefined();
    const after = (await alice()).passwordHash;
    expect(after).toContain('m=9000,t=2,p=1');
    expect(await raised.authenticate('alice', 'secret')).toBeDefined();
    expect((await alice()).passwordHash).toBe(after);
  });

  it.each([
    ['another password', () => alice().then((user) => accounts.setPassword(user, 'other', author))],
    ['a lock', () => alice().then((user) => accounts.setLocked(user, true, author))],
    ['their end', () => alice().then((user) => accounts.delete(user, author))],
  ])('answer nobody when the user got %s while the check ran', async (_what, change) => {
    passwords.afterVerify = change;
    expect(await owners.authenticate('alice', 'secret')).toBeUndefined();
  });

  it('are temporarily unavailable when too many checks wait', async () => {
    const narrow = new Passwords(cheap, { threads: 1, maxQueue: 1 });
    const busy = new StoredResourceOwners(storage.users, narrow, logger);
    const results = await Promise.allSettled([1, 2, 3].map(() => busy.authenticate('alice', 'secret')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toBeInstanceOf(TemporarilyUnavailable);
    expect(refused[0]?.reason).toMatchObject({ status: 503, retryAfterSeconds: 2 });
  });

  it('do not fail a login because the stronger hash could not be kept', async () => {
    const stronger = new Passwords({ memoryKib: 9_000, iterations: 2 }, bounds);
    const rehashPassword = () => Promise.reject(new Error('read-only'));
    const users = { findUser: storage.users.findUser.bind(storage.users), rehashPassword };
    expect(await new StoredResourceOwners(users, stronger, logger).authenticate('alice', 'secret')).toBeDefined();
  });

  it('leave a line in the audit log for what is done to them', async () => {
    await accounts.setPassword(await alice(), 'other', author);
    await accounts.setLocked(await alice(), true, author);
    await accounts.delete(await alice(), author);
    const audited = await storage.auditTrail.eventsAfter(0, 10);
    expect(audited).toMatchObject(
      ['user.created', 'user.password_set', 'user.locked', 'user.deleted'].map((action) => ({
        ...author,
        action,
        target: 'Alice@carbon.super',
      })),
    );
    expect(JSON.stringify(audited)).not.toContain('other');
  });

  it.each(['', ' x', 'x ', 'a:b', 'a\nb', 'LDAP/x/y', 'x'.repeat(300)])(
    'are not made with the name %j',
    async (name) => {
      const making = accounts.create(
        { name: { ...parseUserName(name), username: name }, password: 'p', roles: [] },
        author,
      );
      await expect(making).rejects.toThrow(UnacceptableUserName);
    },
  );

  it('take no password below the length that is set, when they are made and when it is changed', async () => {
    const strict = new Passwords({ ...cheap, minLength: 6 }, bounds);
    const careful = new UserAccounts({ users: storage.users, passwords: strict });
    const make = (username: string, password: string) =>
      careful.create({ name: parseUserName(username), password, roles: [] }, author);
    for (const short of ['12345', '🔑🔑🔑']) {
      await expect(make('bob', short)).rejects.toThrow('shorter than 6 characters');
      await expect(careful.setPassword(await alice(), short, author)).rejects.toThrow(UnacceptablePassword);
    }
    await make('bob', '123456');
    // Who has a shorter one already keeps it until it is changed.
    expect(await new StoredResourceOwners(storage.users, strict, logger).authenticate('alice', 'secret')).toBeDefined();
  });

  it.each(['', 'x'.repeat(513)])('are not made with a password of %j', async (password) => {
    await expect(accounts.create({ name: parseUserName('bob'), password, roles: [] }, author)).rejects.toThrow(
      UnacceptablePassword,
    );
  });
});
