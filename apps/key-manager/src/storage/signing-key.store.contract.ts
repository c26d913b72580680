import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { AlreadyExists } from './errors.js';
import type { Subject } from './fixtures.contract.js';
import type { SigningKey } from './ports.js';

export function signingKeyStoreContract({ storage, clock }: Subject): void {
  const store = () => storage().signingKeys;
  const newTenant = () => `keys${randomBytes(5).toString('hex')}.test`;
  const key = (change: Partial<SigningKey> = {}): SigningKey => ({
    kid: randomUUID(),
    tenantDomain: 'keys.test',
    alg: 'ES256',
    state: 'pending',
    publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    encryptedPrivateKey: randomBytes(48),
    createdAt: clock.tick(),
    ...change,
  });

  it('moves keys from pending to active to retiring to removed, one pending and one active per algorithm', async () => {
    const tenantDomain = newTenant();
    const [one, two] = [key({ tenantDomain, activatesAt: 9 }), key({ tenantDomain })];
    await store().addSigningKey(one);
    await expect(store().addSigningKey(one)).rejects.toThrow(AlreadyExists);
    await expect(store().addSigningKey(two)).rejects.toThrow(AlreadyExists);
    expect(await store().removeSigningKey(one.kid)).toBe(false);
    expect(await store().activateSigningKey(one.kid, 5)).toBe(true);
    expect(await store().activateSigningKey(one.kid, 6)).toBe(false);
    await expect(store().addSigningKey(key({ tenantDomain, state: 'active' }))).rejects.toThrow(AlreadyExists);
    await store().addSigningKey(key({ tenantDomain, state: 'active', alg: 'RS256' }));

    await store().addSigningKey(two);
    expect(await store().activateSigningKey(two.kid, 8)).toBe(true);
    const listed = await store().listSigningKeys(tenantDomain);
    expect(listed.find(({ kid }) => kid === one.kid)).toEqual({
      ...one,
      state: 'retiring',
      activatedAt: 5,
      retiredAt: 8,
      lastExpiresAt: undefined,
    });
    expect(listed.find(({ kid }) => kid === two.kid)).toMatchObject({ state: 'active', activatedAt: 8 });
    expect(await store().removeSigningKey(one.kid)).toBe(true);
    expect((await store().listSigningKeys(tenantDomain)).map(({ kid }) => kid)).not.toContain(one.kid);
  });

  it('lets one of several key managers add and one activate', async () => {
    const tenantDomain = newTenant();
    const keys = [1, 2, 3, 4].map(() => key({ tenantDomain }));
    const added = await Promise.allSettled(keys.map((each) => store().addSigningKey(each)));
    expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [pending] = await store().listSigningKeys(tenantDomain);
    const kid = pending?.kid ?? '';
    const activated = await Promise.all([1, 2, 3, 4].map((at) => store().activateSigningKey(kid, at)));
    expect(activated.filter(Boolean)).toHaveLength(1);
  });

  it('hastens what is pending, and never puts it off', async () => {
    const { kid, tenantDomain, ...rest } = key({ tenantDomain: newTenant(), activatesAt: 100 });
    await store().addSigningKey({ ...rest, kid, tenantDomain });
    const activatesAt = async () => (await store().listSigningKeys(tenantDomain))[0]?.activatesAt;
    expect(await store().hastenSigningKey(kid, 200)).toBe(true);
    expect(await activatesAt()).toBe(100);
    expect(await store().hastenSigningKey(kid, 50)).toBe(true);
    expect(await activatesAt()).toBe(50);
    await store().activateSigningKey(kid, 60);
    expect(await store().hastenSigningKey(kid, 10)).toBe(false);
  });

  it('remembers how long the tokens of a key live, while something may be signed with it', async () => {
    const { kid, tenantDomain, ...rest } = key({ tenantDomain: newTenant() });
    await store().addSigningKey({ ...rest, kid, tenantDomain });
    expect(await store().extendSigningKey(kid, 100)).toBe(false);
    await store().activateSigningKey(kid, 1);
    expect(await store().extendSigningKey(kid, 253_402_300_799_000)).toBe(true);
    expect(await store().extendSigningKey(kid, 50)).toBe(true);
    expect((await store().listSigningKeys(tenantDomain))[0]?.lastExpiresAt).toBe(253_402_300_799_000);
    expect(await store().extendSigningKey(randomUUID(), 50)).toBe(false);
  });

  it('tells the catalogue feed of every change, and shows the keys in its snapshot', async () => {
    const feed = storage().catalogFeed;
    const before = await feed.revision();
    const one = key({ tenantDomain: newTenant() });
    await store().addSigningKey(one);
    await store().activateSigningKey(one.kid, 1);
    const events = (await feed.eventsSince(before, 10)) ?? [];
    expect(events.filter(({ id }) => id === one.kid).map(({ entity }) => entity)).toEqual([
      'signing_key',
      'signing_key',
    ]);
    const { signingKeys } = await feed.snapshot('Default');
    expect(signingKeys.find(({ kid }) => kid === one.kid)?.publicJwk).toEqual(one.publicJwk);
  });
}
