import { createLogger } from '@keygate/common/logging';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecretBox } from '../apis/secret-box.js';
import { propagationMillis, skewMillis } from '../oauth2/signing/rotation-plan.js';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import type { Storage } from '../storage/storage.js';
import { KeyRing } from './key-ring.js';
import { KeyKeeper, maintainSigningKeys, type RotationDeps, rotateSigningKeys } from './rotation.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const box = createSecretBox(Buffer.alloc(32, 5), 'signing-key');
const day = 86_400_000;
const hour = 3_600_000;

describe('signing keys', () => {
  let storage: Storage;
  let deps: RotationDeps;
  let now: number;
  const rings: KeyRing[] = [];
  const newRing = () => new KeyRing({ store: storage.signingKeys, box, logger, algorithm: 'ES256' });

  beforeEach(async () => {
    now = 1_800_000_000_000;
    const clock = { now: () => now };
    storage = createMemoryStorage({ clock });
    const settings = { rotationSeconds: 90 * 86_400, maxAgeSeconds: 300 };
    deps = { store: storage.signingKeys, box, clock, audit: storage.auditLog, settings };
    await maintainSigningKeys(deps);
    now += 1;
    rings.splice(0, rings.length, newRing(), newRing());
    await refresh();
  });

  const refresh = () => Promise.all(rings.map((ring) => ring.refresh()));
  const states = async (alg = 'ES256') =>
    (await storage.signingKeys.listSigningKeys('carbon.super'))
      .filter((key) => key.alg === alg)
      .map(({ state }) => state);
  const [one, two] = [() => rings[0] as KeyRing, () => rings[1] as KeyRing];
  const sign = (ring: KeyRing, expiresAt = now + hour) =>
    ring.sign({ typ: 'at+jwt', claims: { exp: Math.floor(expiresAt / 1_000) }, expiresAt });
  const verify = (jwt: string, ring: KeyRing) =>
    jwtVerify(jwt, createLocalJWKSet(JSON.parse(JSON.stringify(ring.jwks))), { currentDate: new Date(now) });

  it('sign at one key manager what the key set of another verifies', async () => {
    await expect(verify(await sign(one()), two())).resolves.toMatchObject({ protectedHeader: { alg: 'ES256' } });
  });

  it('are published for as long as key sets are kept before they sign', async () => {
    await rotateSigningKeys(deps, { algorithm: 'ES256', now: false, actor: 'test' });
    await refresh();
    expect(await states()).toEqual(['active', 'pending']);
    expect(one().jwks.keys).toHaveLength(3);
    const before = await sign(one());
    now += 300_000 + propagationMillis - 1;
    await maintainSigningKeys(deps);
    expect(await states()).toEqual(['active', 'pending']);
    now += 1;
    await maintainSigningKeys(deps);
    expect(await states()).toEqual(['retiring', 'active']);
    // One that has not heard of it yet: its key is still published, and so is the new one.
    await expect(verify(await sign(two()), one())).resolves.toBeDefined();
    await refresh();
    const after = await sign(two());
    await expect(verify(before, one())).resolves.toBeDefined();
    await expect(verify(after, one())).resolves.toBeDefined();
    expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
  });

  it('stay published until the last token that they signed is dead', async () => {
    await sign(one(), now + 30 * day);
    await rotateSigningKeys(deps, { algorithm: 'ES256', now: true, actor: 'test' });
    now += propagationMillis;
    await maintainSigningKeys(deps);
    expect(await states()).toEqual(['retiring', 'active']);
    now += 30 * day - hour;
    await maintainSigningKeys(deps);
    expect(await states()).toContain('retiring');
    now += 2 * hour + skewMillis;
    await maintainSigningKeys(deps);
    expect(await states()).not.toContain('retiring');
  });

  it('are written down as needed once an hour, not for every token', async () => {
    let written = 0;
    const store = Object.assign(Object.create(storage.signingKeys) as typeof storage.signingKeys, {
      extendSigningKey: (kid: string, until: number) => {
        written += 1;
        return storage.signingKeys.extendSigningKey(kid, until);
      },
    });
    const ring = new KeyRing({ store, box, logger, algorithm: 'ES256' });
    await ring.refresh();
    await Promise.all(Array.from({ length: 50 }, (_, index) => sign(ring, now + hour + index)));
    now += hour / 2;
    await sign(ring);
    expect(written).toBe(1);
    now += hour;
    await sign(ring);
    expect(written).toBe(2);
  });

  it('sign nothing once they were removed: the newest is read and used', async () => {
    const [old] = (await storage.signingKeys.listSigningKeys('carbon.super')).filter(({ alg }) => alg === 'ES256');
    await rotateSigningKeys(deps, { algorithm: 'ES256', now: true, actor: 'test' });
    now += propagationMillis;
    await maintainSigningKeys(deps);
    await storage.signingKeys.removeSigningKey(old?.kid ?? '');
    // This one has heard of nothing.
    const jwt = await sign(one());
    await two().refresh();
    await expect(verify(jwt, two())).resolves.toBeDefined();
  });

  it('rotate by the schedule, whichever key manager looks', async () => {
    now += 90 * day;
    await Promise.all([1, 2, 3].map(() => maintainSigningKeys(deps)));
    expect([await states('ES256'), await states('RS256')]).toEqual([
      ['active', 'pending'],
      ['active', 'pending'],
    ]);
  });

  it('have one successor at a time, which can be hastened', async () => {
    const ask = (isNow: boolean) => rotateSigningKeys(deps, { now: isNow, actor: 'test' });
    const [first] = [await ask(false), await ask(false)];
    const hastened = await ask(true);
    expect(hastened.map(({ kid }) => kid).sort()).toEqual(first.map(({ kid }) => kid).sort());
    expect(hastened.every(({ activatesAt }) => activatesAt === now + propagationMillis)).toBe(true);
    const events = await storage.auditTrail.eventsAfter(0, 100);
    expect(events.filter(({ action }) => action === 'signing_key.rotated')).toHaveLength(6);
  });

  it('of another server key cannot be opened', async () => {
    const other = createSecretBox(Buffer.alloc(32, 6), 'signing-key');
    const ring = new KeyRing({ store: storage.signingKeys, box: other, logger, algorithm: 'ES256' });
    await expect(ring.refresh()).rejects.toThrow(/another server key/);
  });

  describe('looked after by a keeper', () => {
    let keeper: KeyKeeper;
    afterEach(() => keeper.stop());

    it('are there once it is open, and change as soon as that is due', async () => {
      const ring = newRing();
      const clock = { now: () => Date.now() };
      const live = { ...deps, clock, settings: { rotationSeconds: 0, maxAgeSeconds: 0 } };
      keeper = new KeyKeeper(live, ring, logger);
      await keeper.open();
      const stop = storage.commitSignal.onCommit(() => keeper.poke());
      const before = await sign(ring, Date.now() + hour);
      await rotateSigningKeys(live, { algorithm: 'ES256', now: true, actor: 'test' });
      await expect
        .poll(async () => (await sign(ring, Date.now() + hour)).split('.')[0], { timeout: 20_000 })
        .not.toBe(before.split('.')[0]);
      stop();
    });

    it('are looked after also while something is committed all the time', async () => {
      const ring = newRing();
      const live = { ...deps, clock: { now: () => Date.now() }, settings: { rotationSeconds: 0, maxAgeSeconds: 0 } };
      keeper = new KeyKeeper(live, ring, logger);
      await keeper.open();
      const commits = setInterval(() => keeper.poke(), 20);
      const [pending] = await rotateSigningKeys(live, { algorithm: 'ES256', now: true, actor: 'test' });
      const state = () => ring.published.find(({ kid }) => kid === pending?.kid)?.state;
      await expect.poll(state, { timeout: 20_000 }).toBe('active');
      clearInterval(commits);
    });
  });
});
