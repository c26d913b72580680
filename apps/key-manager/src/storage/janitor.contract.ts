import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { application, grant, hash, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

const minute = 60_000;

export function janitorContract({ storage, clock }: Subject): void {
  const tokens = () => storage().tokens;

  async function sweepAll(): Promise<void> {
    while ((await storage().janitor.sweepExpired(3)) > 0);
  }

  describe('sweeping', () => {
    it('removes a family half an hour after its last token expired, in small batches', async () => {
      const at = clock.tick();
      const clientId = await registerClient(storage());
      const pairs = Array.from({ length: 8 }, () => tokenPair(grant(clientId, at), at));
      for (const pair of pairs) await tokens().saveTokens(pair);
      const found = async () => ({
        access: (await Promise.all(pairs.map((pair) => tokens().findAccessToken(pair.accessToken.hash)))).filter(
          Boolean,
        ),
        refresh: (await Promise.all(pairs.map((pair) => tokens().findRefreshToken(pair.refreshToken.hash)))).filter(
          Boolean,
        ),
      });
      await sweepAll();
      expect(await found()).toMatchObject({ access: { length: 8 }, refresh: { length: 8 } });
      // Access tokens live an hour, refresh tokens two.
      clock.tick(60 * minute + 30 * minute);
      await sweepAll();
      expect(await found()).toMatchObject({ access: { length: 0 }, refresh: { length: 8 } });
      clock.tick(60 * minute);
      expect(await storage().janitor.backlogMillis()).toBeGreaterThanOrEqual(0);
      expect(await storage().janitor.sweepExpired(3)).toBeGreaterThanOrEqual(3);
      expect((await found()).refresh.length).toBeGreaterThanOrEqual(5);
      await sweepAll();
      expect(await found()).toMatchObject({ access: { length: 0 }, refresh: { length: 0 } });
    });

    it('takes a family with more tokens than a batch may delete away in parts, and says how late it is', async () => {
      const at = clock.tick();
      const family = grant(await registerClient(storage()), at);
      const pairs = Array.from({ length: 40 }, (_, generation) => tokenPair(family, at, generation));
      for (const pair of pairs) await tokens().saveTokens(pair);
      await sweepAll();
      expect(await storage().janitor.backlogMillis()).toBe(0);
      clock.tick(4 * 60 * minute);
      expect(await storage().janitor.backlogMillis()).toBeGreaterThanOrEqual(2 * 60 * minute);
      await sweepAll();
      const left = await Promise.all(pairs.map(({ refreshToken }) => tokens().findRefreshToken(refreshToken.hash)));
      expect(left.filter(Boolean)).toEqual([]);
      expect(await storage().janitor.backlogMillis()).toBe(0);
    });

    it('keeps spent refresh tokens while their family lives, so that a replay is recognised', async () => {
      const at = clock.tick();
      let pair = tokenPair(grant(await registerClient(storage()), at), at);
      await tokens().saveTokens(pair);
      const first = pair.refreshToken.hash;
      for (let generation = 1; generation <= 3; generation++) {
        const next = tokenPair(pair.grant, clock.tick(110 * minute), generation);
        expect(await tokens().rotateRefreshToken(pair.refreshToken.hash, randomBytes(16), next)).toBe(true);
        await sweepAll();
        pair = next;
      }
      expect(await tokens().findRefreshToken(first)).toMatchObject({ state: 'ROTATED' });
      expect(await tokens().findRefreshToken(pair.refreshToken.hash)).toMatchObject({ state: 'ACTIVE' });
    });

    it('keeps what never expires until it is revoked or its client is gone', async () => {
      const forever = async () => {
        const family = grant(await registerClient(storage()), clock.tick(), { expiresAt: undefined });
        const pair = tokenPair(family, clock.now());
        const accessToken = { ...pair.accessToken, hash: hash(), expiresAt: undefined };
        // Saved at once with one that ends: the family has no end.
        await Promise.all([tokens().saveTokens({ grant: family, accessToken }), tokens().saveTokens(pair)]);
        return { hash: accessToken.hash, family };
      };
      const [kept, revoked, orphaned] = [await forever(), await forever(), await forever()];
      await tokens().revokeBy({ kind: 'grant', grantId: revoked.family.id }, clock.now());
      await storage().clientRegistry.deleteRegistration(orphaned.family.clientId);
      clock.tick(10_000 * 60 * minute);
      await sweepAll();
      expect(await tokens().findAccessToken(kept.hash)).toMatchObject({ revoked: false });
      expect(await tokens().findAccessToken(revoked.hash)).toBeUndefined();
      expect(await tokens().findAccessToken(orphaned.hash)).toBeUndefined();
    });

    it('takes the feeds away from the old end, and says so to who was far behind', async () => {
      const { catalogFeed, revocationFeed, applications } = storage();
      await applications.createApplication(application());
      await tokens().revokeBy({ kind: 'subject', subject: 'x' }, clock.now());
      const [revision, seq] = [await catalogFeed.revision(), await revocationFeed.seq()];
      clock.tick(25 * 60 * minute);
      await applications.createApplication(application());
      await tokens().revokeBy({ kind: 'subject', subject: 'y' }, clock.now());
      await sweepAll();
      expect(await catalogFeed.eventsSince(revision - 1, 10)).toBeUndefined();
      expect(await revocationFeed.revocationsSince(seq - 1, 10)).toBeUndefined();
      expect(await catalogFeed.eventsSince(revision, 10)).toHaveLength(1);
      expect(await revocationFeed.revocationsSince(seq, 10)).toHaveLength(1);
      clock.tick(25 * 60 * minute);
      await sweepAll();
      expect(await catalogFeed.eventsSince(revision, 10)).toBeUndefined();
      expect(await catalogFeed.eventsSince(revision + 1, 10)).toEqual([]);
      expect(await revocationFeed.revocationsSince(seq + 1, 10)).toEqual([]);
    });
  });
}
