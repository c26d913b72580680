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
      expect(await users().findUser(name)).toEqual({ ...user, passwordHash, tokenEpoch: 0 });
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
      expect(await users().findUser(user)).toMatchObject({ ...changed, passwordHash: '$argon2id$first' });
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

    describe('take their tokens with them', () => {
      async function withTokens(roles: readonly string[] = ['Internal/creator', 'Internal/subscriber']) {
        const user = await users().createUser(newUser({ roles }));
        const name = fullUserName(user);
        const [foreign, own] = [await registerClient(storage()), await registerClient(storage(), { owner: name })];
        const save = async (clientId: string, subject: string | undefined) => {
          const kind = subject === undefined ? 'APPLICATION' : 'APPLICATION_USER';
          const pair = tokenPair(grant(clientId, clock.tick(), { subject, kind }), clock.now());
          await storage().tokens.saveTokens(pair);
          return pair;
        };
        const tokens = {
          user: await save(foreign, name),
          other: await save(own, 'somebody@users.test'),
          application: await save(own, undefined),
        };
        const isDead = async (pair: (typeof tokens)['user']) =>
          (await storage().tokens.findAccessToken(pair.accessToken.hash))?.revoked === true &&
          (await storage().tokens.findRefreshToken(pair.refreshToken.hash))?.state === 'REVOKED';
        const seq = await storage().revocationFeed.seq();
        const dead = async () => {
          const told = (await storage().revocationFeed.revocationsSince(seq, 100)) ?? [];
          return {
            user: await isDead(tokens.user),
            other: await isDead(tokens.other),
            application: await isDead(tokens.application),
            told: told.map(({ target }) => (target.kind === 'subject' ? target.subject : target.kind)).sort(),
          };
        };
        return { user, name, own, dead, save };
      }
      type Made = Awaited<ReturnType<typeof withTokens>>;
      const idOf = async (role: string) =>
        (await users().listRoles(tenantDomain)).find(({ name }) => name === role)?.id;

      it.each<[string, (made: Made) => Promise<unknown>]>([
        ['deleted', ({ user }) => users().deleteUser(tenantDomain, user.id)],
        ['locked', ({ user }) => users().updateUser(tenantDomain, user.id, { locked: true })],
        ['given other roles', ({ user }) => users().updateUser(tenantDomain, user.id, { roles: ['Internal/creator'] })],
        [
          'robbed of a role',
          ({ user }) =>
            users().updateUser(tenantDomain, user.id, { roles: (held) => held.filter((name) => name !== held[0]) }),
        ],
        [
          'taken out of a role',
          async ({ user }) =>
            users().changeMembers(tenantDomain, (await idOf('Internal/creator')) ?? '', (held) =>
              held.filter((id) => id !== user.id),
            ),
        ],
      ])('and those that their clients got for themselves, when %s', async (_, change) => {
        const made = await withTokens();
        await change(made);
        const told = [made.name, made.own].sort();
        expect(await made.dead()).toEqual({ user: true, other: false, application: true, told });
      });

      it('when a role of theirs is deleted', async () => {
        const role = await users().createRole(tenantDomain, `Brief${randomBytes(4).toString('hex')}`);
        const made = await withTokens([role.name]);
        expect(await users().deleteRole(tenantDomain, role.id)).toBe(true);
        expect(await made.dead()).toMatchObject({ user: true, other: false, application: true });
      });

      it('when they get another password, which means nothing to their clients', async () => {
        const made = await withTokens();
        await users().updateUser(tenantDomain, made.user.id, { passwordHash: '$argon2id$other' });
        expect(await made.dead()).toEqual({ user: true, other: false, application: false, told: [made.name] });
      });

      it('and not for a role more, for other claims, or for a password that is hashed again', async () => {
        const made = await withTokens();
        await users().updateUser(tenantDomain, made.user.id, {
          roles: (held) => [...held, 'Internal/publisher'],
          claims: {},
          locked: false,
        });
        await users().rehashPassword(tenantDomain, made.user.id, '$argon2id$first', '$argon2id$again');
        expect(await made.dead()).toEqual({ user: false, other: false, application: false, told: [] });
      });

      it('also for a later user of that name, and new ones live', async () => {
        const made = await withTokens();
        await users().deleteUser(tenantDomain, made.user.id);
        await users().createUser(newUser({ username: made.user.username }));
        expect(await made.dead()).toMatchObject({ user: true, application: true });
        const fresh = [await made.save(made.own, made.name), await made.save(made.own, undefined)];
        for (const { accessToken } of fresh) {
          expect(await storage().tokens.findAccessToken(accessToken.hash)).toMatchObject({ revoked: false });
        }
      });
    });

    it('are deleted in their tenant only, once', async () => {
      const user = await users().createUser(newUser());
      expect(await users().deleteUser('other.test', user.id)).toBe(false);
      expect(await users().deleteUser(tenantDomain, user.id)).toBe(true);
      expect(await users().deleteUser(tenantDomain, user.id)).toBe(false);
      expect(await users().findUser(user)).toBeUndefined();
    });
  });

  describe('roles', () => {
    it('are given and taken one by one, so that changes at the same time all count', async () => {
      const names = Array.from({ length: 8 }, (_, index) => `One${index}-${randomBytes(3).toString('hex')}`);
      const roles = await Promise.all(names.map((name) => users().createRole(tenantDomain, name)));
      const user = await users().createUser(newUser({ roles: names.slice(0, 4) }));
      const change = (role: { id: string; name: string }, index: number) => {
        const [gives, byRole] = [index >= 4, index % 2 === 0];
        const next = (held: readonly string[], what: string) =>
          gives ? [...held, what] : held.filter((one) => one !== what);
        return byRole
          ? users().changeMembers(tenantDomain, role.id, (held) => next(held, user.id))
          : users().updateUser(tenantDomain, user.id, { roles: (held) => next(held, role.name) });
      };
      await Promise.all(roles.map(change));
      expect((await users().findUserById(tenantDomain, user.id))?.roles).toEqual(names.slice(4).sort());
    });

    it('take members who are there only, and all or none', async () => {
      const user = await users().createUser(newUser());
      const role = await users().createRole(tenantDomain, 'Sculptor', [user.id]);
      const members = async () => (await users().listRoles(tenantDomain)).find(({ id }) => id === role.id)?.members;
      expect(await members()).toEqual([{ id: user.id, username: user.username }]);
      await expect(users().changeMembers(tenantDomain, role.id, () => ['nobody'])).rejects.toThrow(NotFound);
      await expect(users().changeMembers('other.test', role.id, () => [])).rejects.toThrow(NotFound);
      await expect(users().createRole(tenantDomain, 'Founder', [user.id, 'nobody'])).rejects.toThrow(NotFound);
      expect(await members()).toHaveLength(1);
      expect((await users().listRoles(tenantDomain)).some(({ name }) => name === 'Founder')).toBe(false);
    });

    it('and users leave what is recorded of a change in the same transaction, and nothing of one that failed', async () => {
      const event = (action: string) => ({ tenantDomain, actor: 'admin', action, target: 'it' });
      const { seq } = await storage().auditTrail.head();
      const user = await users().createUser(newUser(), event('1'));
      await users().updateUser(tenantDomain, user.id, { roles: [] }, (before, after) => ({
        ...event('2'),
        detail: { before: before.roles.length, after: after.roles.length },
      }));
      const role = await users().createRole(tenantDomain, 'Recorder', [], event('3'));
      await users().changeMembers(
        tenantDomain,
        role.id,
        () => [user.id],
        (added, removed) => ({
          ...event('4'),
          detail: { added: added.join(), removed: removed.join() },
        }),
      );
      await expect(
        users().updateUser(tenantDomain, user.id, { roles: ['nobody'] }, () => event('x')),
      ).rejects.toThrow();
      await expect(users().createRole(tenantDomain, 'Recorder', [], event('x'))).rejects.toThrow();
      await users().deleteRole(tenantDomain, role.id, event('5'));
      await users().deleteUser(tenantDomain, user.id, event('6'));
      await users().deleteUser(tenantDomain, user.id, event('x'));
      const events = await storage().auditTrail.eventsAfter(seq, 100);
      expect(events.map(({ action }) => action)).toEqual(['1', '2', '3', '4', '5', '6']);
      expect(events[1]?.detail).toEqual({ before: 2, after: 0 });
      expect(events[3]?.detail).toEqual({ added: user.id, removed: '' });
    });

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
