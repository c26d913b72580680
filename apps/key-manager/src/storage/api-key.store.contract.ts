import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { ApiKey } from '../applications/api-key.js';
import { fullUserName } from '../users/user-name.js';
import { NotFound } from './errors.js';
import { application, hash, type Subject } from './fixtures.contract.js';

export function apiKeyStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().apiKeys;
  const revoked = async (from: number) =>
    ((await storage().revocationFeed.revocationsSince(from, 100)) ?? []).map(({ target }) => target);

  /** A user with an application and one key. */
  async function planted() {
    const name = { tenantDomain: 'carbon.super', domain: 'PRIMARY', username: `maker-${randomUUID()}` };
    const user = await storage().users.createUser({ ...name, passwordHash: 'none', claims: {}, roles: [] });
    const owner = fullUserName(user);
    const app = application({ owner });
    await storage().applications.createApplication(app);
    const key = (change: Partial<ApiKey> = {}): ApiKey => ({
      ...{ id: randomUUID(), tenantDomain: 'carbon.super', applicationId: app.id, keyType: 'PRODUCTION' },
      ...{ name: 'for the till', owner, issuedAt: clock.now(), permittedIps: ['10.0.0.0/8', '::1'] },
      permittedReferers: ['*.example.com/*'],
      ...change,
    });
    const [made, digest] = [key({ expiresAt: clock.now() + 60_000 }), hash()];
    expect(await store().addApiKey(made, digest, 3)).toBe(true);
    const of = { applicationId: app.id, keyType: 'PRODUCTION' as const, owner };
    return { user, app, key, made, digest, of, seq: await storage().revocationFeed.seq() };
  }

  it('finds a key by its hash, and lists it for who made it', async () => {
    const { made, digest, of, key } = await planted();
    expect(await store().findApiKey(digest)).toEqual(made);
    expect(await store().findApiKey(hash())).toBeUndefined();
    const later = key({ issuedAt: made.issuedAt + 1 });
    await store().addApiKey(later, hash(), 3);
    expect(await store().listApiKeys(of)).toEqual([made, later]);
    expect(await store().listApiKeys({ ...of, keyType: 'SANDBOX' })).toEqual([]);
    expect(await store().listApiKeys({ ...of, owner: 'bob@carbon.super' })).toEqual([]);
    await store().markApiKeyUsed(made.id, 1_800_000_000_500);
    await store().markApiKeyUsed(randomUUID(), 1);
    expect(await store().findApiKey(digest)).toEqual({ ...made, lastUsedAt: 1_800_000_000_500 });
  });

  it('takes so many live ones of a type at most', async () => {
    const { key } = await planted();
    const many = Array.from({ length: 5 }, () => store().addApiKey(key(), hash(), 3));
    expect((await Promise.all(many)).filter(Boolean)).toHaveLength(2);
    expect(await store().addApiKey(key({ keyType: 'SANDBOX' }), hash(), 3)).toBe(true);
    clock.tick(60_000);
    expect(await store().addApiKey(key(), hash(), 3)).toBe(true);
  });

  it('revokes a key for who made it alone', async () => {
    const { made, digest, of, seq } = await planted();
    for (const other of [{ owner: 'bob@carbon.super' }, { keyType: 'SANDBOX' as const }, { applicationId: 'none' }]) {
      expect(await store().deleteApiKey({ ...of, ...other }, made.id)).toBe(false);
    }
    expect(await revoked(seq)).toEqual([]);
    expect(await store().deleteApiKey(of, made.id)).toBe(true);
    expect(await store().deleteApiKey(of, made.id)).toBe(false);
    expect(await store().findApiKey(digest)).toBeUndefined();
    expect(await revoked(seq)).toEqual([{ kind: 'grant', grantId: made.id }]);
  });

  it('ends keys with their application', async () => {
    const { made, digest, app, key, seq } = await planted();
    await storage().applications.deleteApplication(app.id);
    expect(await store().findApiKey(digest)).toBeUndefined();
    expect(await revoked(seq)).toEqual([{ kind: 'grant', grantId: made.id }]);
    await expect(store().addApiKey(key(), hash(), 3)).rejects.toThrow(NotFound);
  });

  it.each(['locked', 'deleted'])('ends keys of a user who is %s', async (how) => {
    const { user, made, digest, key, seq } = await planted();
    const { users } = storage();
    if (how === 'locked') await users.updateUser(user.tenantDomain, user.id, { locked: true });
    else await users.deleteUser(user.tenantDomain, user.id);
    expect(await store().findApiKey(digest)).toBeUndefined();
    expect(await revoked(seq)).toContainEqual({ kind: 'grant', grantId: made.id });
    await expect(store().addApiKey(key(), hash(), 3)).rejects.toThrow(NotFound);
  });

  it('keeps keys through another password and a lost role', async () => {
    const { user, made, digest } = await planted();
    await storage().users.updateUser(user.tenantDomain, user.id, { passwordHash: 'another' });
    expect(await store().findApiKey(digest)).toEqual(made);
  });

  it('sweeps expired keys away', async () => {
    const { digest } = await planted();
    clock.tick(60_000 + 30 * 60_000 - 1);
    while ((await storage().janitor.sweepExpired(10)) > 0);
    expect(await store().findApiKey(digest)).toBeDefined();
    clock.tick();
    while ((await storage().janitor.sweepExpired(10)) > 0);
    expect(await store().findApiKey(digest)).toBeUndefined();
  });
}
