import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { fullUserName } from '../users/user-name.js';
import type { NewUser } from '../users/user-store.js';
import { AlreadyExists, InvalidValue, NotFound } from './errors.js';
import { grant, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

export function userStoreContract({ storage, clock }: Subject): void {
  const tenantDomain = 'users.test';
  const users = () => storage().users;
  const newUser = (change: Partial<NewUser> = {}): NewUser => ({
    tenantDomain,
    domain: 'PRIMARY',
    username: `User${randomBytes(5).toString('hex')}`,
    passwordHash: '$argon2id$first',
    claims: { givenName: 'Zoë', email: 'z@example.com' },
    roles: ['Internal/subscriber', 'Internal/creator'],
    ...change,
  });

  beforeAll(() => storage().tenants.seedTenant(tenantDomain));

  describe('users', () => {
    it('are found by name without case, and by id in their tenant only', async () => {
      const made = newUser();
      const user = await users().createUser(made);
      const { passwordHash, ...rest } = made;
      const now = clock.now();
      const roles = ['Internal/creator', 'Internal/subscriber'];
      expect(user).toEqual({ ...rest, id: user.id, locked: false, roles, createdAt: now, updatedAt: now });
      const name = { tenantDomain, domain: 'PRIMARY', username: made.username.toUpperCase() };
      expect(await users().findUser(name)).toEqual({ ...user, passwordHash });
      expect(await users().findUser({ ...name, domain: 'LDAP' })).toBeUndefined();
      expect(await users().findUser({ ...name, tenantDomain: 'other.test' })).toBeUndefined();
      expect(await users().findUserById(tenantDomain, user.id)).toEqual(user);
      expect(await users().findUserById('other.test', user.id)).toBeUndefined();
    });

    it('have a name once per tenant and domain, also when two ask at once', async () => {
      const made = newUser();
      const results = await Promise.allSettled([
        users().createUser(made),
        users().createUser({ ...made, username: made.username.toLowerCase() }),
      ]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(users().createUser(made)).rejects.toThrow(AlreadyExists);
      await users().createUser({ ...made, domain: 'LDAP' });
    });

    it('cannot be made with a role that is not there', async () => {
      const made = newUser({ roles: ['nobody'] });
      await expect(users().createUser(made)).rejects.toThrow(NotFound);
      expect(await users().findUser(made)).toBeUndefined();
    });

    it.each(['a\0b', '\ud800'])(
      'with a name that no column holds are not found and not made (%j)',
      async (username) => {
        expect(await users().findUser({ tenantDomain, domain: 'PRIMARY', username })).toBeUndefined();
        await expect(users().createUser(newUser({ username }))).rejects.toThrow(InvalidValue);
      },
    );

    it('come in pages in order of name', async () => {
      const tenant = 'pages.test';
      await storage().tenants.seedTenant(tenant);
      for (const username of ['carol', 'Alice', 'bob'])
        await users().createUser(newUser({ tenantDomain: tenant, username }));
      const page = await users().listUsers(tenant, { offset: 1, limit: 1 });
      expect(page).toMatchObject({
        total: 3,
        users: [{ username: 'bob', roles: ['Internal/creator', 'Internal/subscriber'] }],
      });
      const one = await users().listUsers(tenant, { username: 'ALICE', offset: 0, limit: 10 });
      expect(one).toMatchObject({ total: 1, users: [{ username: 'Alice' }] });
      expect(one.users[0]).not.toHaveProperty('passwordHash');
    });

    it('are changed in what is named only', async () => {
      const user = await users().createUser(newUser());
      clock.tick();
      const roles = ['admin'];
      const changed = await users().updateUser(tenantDomain, user.id, { roles, claims: { email: 'new@example.com' } });
      expect(changed).toEqual({ ...user, roles, claims: { email: 'new@example.com' }, updatedAt: clock.now() });
      expect(await users().findUser(user)).toEqual({ ...changed, passwordHash: '$argon2id$first' });
      await expect(users().updateUser(tenantDomain, user.id, { roles: ['nobody'] })).rejects.toThrow(NotFound);
      expect(await users().findUserById(tenantDomain, user.id)).toEqual(changed);
      await expect(users().updateUser('other.test', user.id, {})).rejects.toThrow(NotFound);
    });

    it('keep a password that was set while an older one was hashed again', async () => {
      const user = await users().createUser(newUser());
      expect(await users().rehashPassword(tenantDomain, user.id, '$argon2id$first', '$argon2id$again')).toBe(true);
      await users().updateUser(tenantDomain, user.id, { passwordHash: '$argon2id$new' });
      expect(await users().rehashPassword(tenantDomain, user.id, '$argon2id$again', '$argon2id$old')).toBe(false);
      expect((await users().findUser(user))?.passwordHash).toBe('$argon2id$new');
    });

    it.each(['deleted', 'locked'])(
      'take their tokens with them when %s, also for a later user of that name',
      async (how) => {
        const user = await users().createUser(newUser());
        const clientId = await registerClient(storage());
        const pair = tokenPair(grant(clientId, clock.tick(), { subject: fullUserName(user) }), clock.now());
        await storage().tokens.saveTokens(pair);
        if (how === 'locked') await users().updateUser(tenantDomain, user.id, { locked: true });
        else expect(await users().deleteUser(tenantDomain, user.id)).toBe(true);
        if (how === 'deleted') await users().createUser(newUser({ username: user.username }));
        else await users().updateUser(tenantDomain, user.id, { locked: false });
        expect(await storage().tokens.findAccessToken(pair.accessToken.hash)).toMatchObject({ revoked: true });
        expect(await storage().tokens.findRefreshToken(pair.refreshToken.hash)).toMatchObject({ state: 'REVOKED' });
      },
    );

    it('are deleted in their tenant only, once', async () => {
      const user = await users().createUser(newUser());
      expect(await users().deleteUser('other.test', user.id)).toBe(false);
      expect(await users().deleteUser(tenantDomain, user.id)).toBe(true);
      expect(await users().deleteUser(tenantDomain, user.id)).toBe(false);
      expect(await users().findUser(user)).toBeUndefined();
    });
  });

  describe('roles', () => {
    it('name their members, and go without taking them along', async () => {
      const role = await users().createRole(tenantDomain, 'Painter');
      await expect(users().createRole(tenantDomain, 'Painter')).rejects.toThrow(AlreadyExists);
      await users().createRole(tenantDomain, 'painter');
      const user = await users().createUser(newUser({ roles: ['Painter'] }));
      const roles = await users().listRoles(tenantDomain);
      expect(roles.find(({ id }) => id === role.id)).toEqual({
        ...role,
        members: [{ id: user.id, username: user.username }],
      });
      expect(roles.find(({ name }) => name === 'painter')?.members).toEqual([]);
      expect(await users().deleteRole('other.test', role.id)).toBe(false);
      expect(await users().deleteRole(tenantDomain, role.id)).toBe(true);
      expect((await users().findUserById(tenantDomain, user.id))?.roles).toEqual([]);
    });
  });
}
