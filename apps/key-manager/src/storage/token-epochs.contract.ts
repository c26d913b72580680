import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { NewTokens, Standing } from '../oauth2/model.js';
import { EpochMoved, NotFound } from './errors.js';
import { grant, hash, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

const tenantDomain = 'carbon.super';

/** A token that was decided on before something ended all tokens of its user is not saved after it. */
export function tokenEpochsContract({ storage, clock }: Subject): void {
  const tokens = () => storage().tokens;

  async function user() {
    const { users, tenants } = storage();
    await tenants.seedTenant(tenantDomain);
    const name = { tenantDomain, domain: 'PRIMARY', username: `user-${randomUUID()}` };
    const role = `role-${randomUUID()}`;
    const { id: roleId } = await users.createRole(tenantDomain, role);
    const { id } = await users.createUser({ ...name, passwordHash: 'a', claims: {}, roles: [role] });
    const subject = `${name.username}@${tenantDomain}`;
    const read = async () => {
      const found = await users.findUser(name);
      return { roles: found?.roles ?? [], restsOn: { subject, epoch: found?.tokenEpoch ?? -1 } };
    };
    return { id, name, role, roleId, subject, read };
  }
  type Somebody = Awaited<ReturnType<typeof user>>;

  const endings: [string, (of: Somebody) => Promise<unknown>][] = [
    ['a lost role', ({ id }) => storage().users.updateUser(tenantDomain, id, { roles: [] })],
    ['a role without the member', ({ roleId }) => storage().users.changeMembers(tenantDomain, roleId, () => [])],
    ['a role that is gone', ({ roleId }) => storage().users.deleteRole(tenantDomain, roleId)],
    ['a lock', ({ id }) => storage().users.updateUser(tenantDomain, id, { locked: true })],
    ['a new password', ({ id }) => storage().users.updateUser(tenantDomain, id, { passwordHash: 'b' })],
    ['a deletion', ({ id }) => storage().users.deleteUser(tenantDomain, id)],
    ['a revocation', ({ subject }) => tokens().revokeBy({ kind: 'subject', subject }, clock.now())],
  ];

  async function pairOf({ subject }: Somebody, restsOn: Standing) {
    const at = clock.tick();
    return { ...tokenPair(grant(await registerClient(storage()), at, { subject }), at), restsOn };
  }

  async function ownTokenOf(owner: Somebody, restsOn: Standing): Promise<NewTokens> {
    const at = clock.tick();
    const clientId = await registerClient(storage(), { owner: owner.subject });
    const family = grant(clientId, at, { subject: undefined, kind: 'APPLICATION' });
    return { grant: family, accessToken: { hash: hash(), scope: ['read'], issuedAt: at }, restsOn };
  }

  const isAlive = async ({ accessToken }: NewTokens) =>
    (await tokens().findAccessToken(accessToken.hash))?.revoked === false;

  it('reads a user with another epoch after each change that ends tokens, and with the same one otherwise', async () => {
    const one = await user();
    const { restsOn } = await one.read();
    await storage().users.updateUser(tenantDomain, one.id, { claims: { email: 'new@example.com' } });
    expect(await one.read()).toEqual({ roles: [one.role], restsOn });
    await storage().users.updateUser(tenantDomain, one.id, { roles: [] });
    expect(await one.read()).toEqual({ roles: [], restsOn: { ...restsOn, epoch: restsOn.epoch + 1 } });
  });

  it('knows the epoch of a user of another domain, however the name is written', async () => {
    const { users, tenants } = storage();
    await tenants.seedTenant(tenantDomain);
    const username = `User-${randomUUID()}`;
    const name = { tenantDomain, domain: 'LDAP', username };
    const { id } = await users.createUser({ ...name, passwordHash: 'a', claims: {}, roles: [] });
    await users.updateUser(tenantDomain, id, { passwordHash: 'b' });
    expect((await users.findUser({ ...name, username: username.toUpperCase() }))?.tokenEpoch).toBe(1);
  });

  describe.each(endings)('after %s', (_, end) => {
    it('saves no token of the user that was decided on before', async () => {
      const one = await user();
      const pair = await pairOf(one, (await one.read()).restsOn);
      await end(one);
      await expect(tokens().saveTokens(pair)).rejects.toThrow(EpochMoved);
      expect(await tokens().findAccessToken(pair.accessToken.hash)).toBeUndefined();
      expect(await tokens().findRefreshToken(pair.refreshToken.hash)).toBeUndefined();
      const anew = { ...pair, restsOn: { ...pair.restsOn, epoch: pair.restsOn.epoch + 1 } };
      await tokens().saveTokens(anew);
      expect(await isAlive(anew)).toBe(true);
    });

    it('saves no token of a client of the user that was decided on before', async () => {
      const one = await user();
      const own = await ownTokenOf(one, (await one.read()).restsOn);
      await end(one);
      await expect(tokens().saveTokens(own)).rejects.toThrow(EpochMoved);
      expect(await tokens().findAccessToken(own.accessToken.hash)).toBeUndefined();
    });
  });

  it('ends at a lost role what was saved before it', async () => {
    const one = await user();
    const { restsOn } = await one.read();
    const saved = [await pairOf(one, restsOn), await ownTokenOf(one, restsOn)];
    for (const each of saved) await tokens().saveTokens(each);
    expect(await Promise.all(saved.map(isAlive))).toEqual([true, true]);
    await storage().users.updateUser(tenantDomain, one.id, { roles: [] });
    expect(await Promise.all(saved.map(isAlive))).toEqual([false, false]);
  });

  it('uses up no code, and keeps no pair to give out again, for tokens that are not saved', async () => {
    const one = await user();
    const pair = await pairOf(one, (await one.read()).restsOn);
    await storage().users.updateUser(tenantDomain, one.id, { locked: true });
    const code = { kind: 'authorization_code' as const, hash: hash(), clientId: pair.grant.clientId, tenantDomain };
    await storage().codes.saveCode({ ...code, grantId: pair.grant.id, body: {}, expiresAt: clock.now() + 60_000 });
    await expect(tokens().redeemCode(code.kind, code.hash, pair)).rejects.toThrow(EpochMoved);
    expect((await storage().codes.findCode(code.kind, code.hash))?.redeemedAt).toBeUndefined();
    const key = hash();
    await expect(tokens().saveReusable(key, Buffer.alloc(16), pair)).rejects.toThrow(EpochMoved);
    expect(await tokens().findReusable(key)).toBeUndefined();
    expect(await tokens().findAccessToken(pair.accessToken.hash)).toBeUndefined();
  });

  it('refuses those alone among many that are saved at once', async () => {
    const [one, other] = [await user(), await user()];
    const before = (await one.read()).restsOn;
    await storage().users.updateUser(tenantDomain, one.id, { locked: true });
    const stale = await Promise.all([pairOf(one, before), ownTokenOf(one, before), pairOf(one, before)]);
    const fresh = await Promise.all([
      pairOf(other, (await other.read()).restsOn),
      pairOf(other, { ...before, epoch: 1 }),
    ]);
    const at = clock.tick();
    const gone = { ...tokenPair(grant('nobody', at), at), restsOn: before };
    const plain = tokenPair(grant(await registerClient(storage()), at), at);
    const answers = await Promise.allSettled(
      [...stale, ...fresh, gone, plain].map((each) => tokens().saveTokens(each)),
    );
    const outcome = answers.map((answer) => (answer.status === 'fulfilled' ? 'saved' : answer.reason.name));
    const moved = EpochMoved.name;
    expect(outcome).toEqual([moved, moved, moved, 'saved', 'saved', NotFound.name, 'saved']);
    expect(await Promise.all([...stale, ...fresh, plain].map(isAlive))).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
  });
}
