import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NotFound } from './errors.js';
import { grant, hash, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

export function tokenStoreContract({ storage, clock }: Subject): void {
  const tokens = () => storage().tokens;

  async function saved(change = {}) {
    const at = clock.tick();
    const pair = tokenPair(grant(await registerClient(storage()), at, change), at);
    await tokens().saveTokens(pair);
    return { pair, at, access: pair.accessToken.hash, refresh: pair.refreshToken.hash, grant: pair.grant };
  }

  async function rotated(from: Awaited<ReturnType<typeof saved>>) {
    const at = clock.tick();
    const successor = tokenPair(from.grant, at, 1);
    const salt = randomBytes(16);
    const first = await tokens().rotateRefreshToken(from.refresh, salt, successor);
    return { first, at, salt, successor, refresh: successor.refreshToken.hash, access: successor.accessToken.hash };
  }

  async function revocationsAfter(seq: number) {
    return (await storage().revocationFeed.revocationsSince(seq, 1_000)) ?? [];
  }

  describe('saving', () => {
    it('finds both tokens again by their hash, and nothing by another', async () => {
      const { pair, grant: family } = await saved();
      expect(await tokens().findAccessToken(pair.accessToken.hash)).toEqual({
        ...pair.accessToken,
        grant: family,
        revoked: false,
      });
      expect(await tokens().findRefreshToken(pair.refreshToken.hash)).toEqual({
        ...pair.refreshToken,
        grant: family,
        state: 'ACTIVE',
      });
      expect(await tokens().findAccessToken(pair.refreshToken.hash)).toBeUndefined();
      expect(await tokens().findRefreshToken(hash())).toBeUndefined();
    });

    it('keeps a token of an application, without subject, refresh token, scope or end', async () => {
      const at = clock.tick();
      const clientId = await registerClient(storage());
      const family = grant(clientId, at, { subject: undefined, expiresAt: undefined, kind: 'APPLICATION' });
      const accessToken = { hash: hash(), scope: [], issuedAt: at };
      await tokens().saveTokens({ grant: family, accessToken });
      const found = await tokens().findAccessToken(accessToken.hash);
      expect(found).toEqual({ ...accessToken, grant: family, revoked: false });
      expect(Buffer.isBuffer(found?.hash)).toBe(true);
    });

    it('saves 300 at once, each for itself', async () => {
      const at = clock.tick();
      const clientId = await registerClient(storage());
      const pairs = Array.from({ length: 300 }, () => tokenPair(grant(clientId, at), at));
      await Promise.all(pairs.map((pair) => tokens().saveTokens(pair)));
      const found = await Promise.all(pairs.map((pair) => tokens().findAccessToken(pair.accessToken.hash)));
      expect(found.map((token) => token?.grant.id)).toEqual(pairs.map((pair) => pair.grant.id));
    });

    it('refuses only those of a client that is not there, in the same batch', async () => {
      const at = clock.tick();
      const known = tokenPair(grant(await registerClient(storage()), at), at);
      const unknown = tokenPair(grant('nobody', at), at);
      const [first, second] = await Promise.allSettled([tokens().saveTokens(unknown), tokens().saveTokens(known)]);
      expect(first).toMatchObject({ status: 'rejected', reason: { name: 'NotFound' } });
      expect(second.status).toBe('fulfilled');
      expect(await tokens().findAccessToken(unknown.accessToken.hash)).toBeUndefined();
    });

    it('refuses a further token of a grant that was revoked', async () => {
      const first = await saved();
      await tokens().revokeBy({ kind: 'grant', grantId: first.grant.id }, clock.tick());
      await expect(tokens().saveTokens(tokenPair(first.grant, clock.tick()))).rejects.toThrow(NotFound);
    });

    it('adds a further pair to a grant that lives', async () => {
      const first = await saved();
      const more = tokenPair(first.grant, clock.tick());
      await tokens().saveTokens(more);
      expect(await tokens().findAccessToken(more.accessToken.hash)).toMatchObject({ revoked: false });
    });
  });

  describe('rotating', () => {
    it('lets the successor live and the old pair die, and remembers how', async () => {
      const first = await saved();
      const seq = await tokens().revocationSeq();
      const next = await rotated(first);
      expect(next.first).toBe(true);
      expect(await tokens().findRefreshToken(first.refresh)).toMatchObject({
        state: 'ROTATED',
        rotation: {
          rotatedAt: next.at,
          salt: next.salt,
          replays: 0,
          successorUsed: false,
          successorAccessToken: { scope: ['read', 'write'], expiresAt: next.successor.accessToken.expiresAt },
        },
      });
      expect(await tokens().findRefreshToken(next.refresh)).toMatchObject({ state: 'ACTIVE', generation: 1 });
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      expect(await tokens().findAccessToken(next.access)).toMatchObject({ revoked: false });
      expect(await revocationsAfter(seq)).toEqual([
        {
          seq: seq + 1,
          target: { kind: 'token', hash: first.access },
          revokedAt: next.at,
          expiresAt: first.pair.accessToken.expiresAt,
        },
      ]);
    });

    it('has one winner of 50 at once', async () => {
      const first = await saved();
      const attempts = await Promise.all(Array.from({ length: 50 }, () => rotated(first)));
      expect(attempts.filter((attempt) => attempt.first)).toHaveLength(1);
      const found = await Promise.all(attempts.map((attempt) => tokens().findRefreshToken(attempt.refresh)));
      expect(found.filter((token) => token !== undefined)).toHaveLength(1);
      const winner = attempts.find((attempt) => attempt.first);
      const old = await tokens().findRefreshToken(first.refresh);
      expect(old?.rotation?.salt).toEqual(winner?.salt);
    });

    it('rotates many families at once', async () => {
      const families = await Promise.all(Array.from({ length: 30 }, () => saved()));
      const results = await Promise.all(families.flatMap((family) => [rotated(family), rotated(family)]));
      expect(results.filter(({ first }) => first)).toHaveLength(30);
    });

    it('refuses a token that is unknown, rotated, revoked or of a dead client', async () => {
      const first = await saved();
      await rotated(first);
      expect((await rotated(first)).first).toBe(false);
      expect((await rotated({ ...first, refresh: hash() })).first).toBe(false);
      const second = await saved();
      await tokens().revokeBy({ kind: 'grant', grantId: second.grant.id }, clock.tick());
      expect((await rotated(second)).first).toBe(false);
      const third = await saved();
      await storage().clientRegistry.deleteRegistration(third.grant.clientId);
      expect((await rotated(third)).first).toBe(false);
    });

    it('marks the predecessor when the successor is redeemed', async () => {
      const first = await saved();
      const second = await rotated(first);
      const third = tokenPair(first.grant, clock.tick(), 2);
      expect(await tokens().rotateRefreshToken(second.refresh, randomBytes(16), third)).toBe(true);
      expect((await tokens().findRefreshToken(first.refresh))?.rotation?.successorUsed).toBe(true);
      expect((await tokens().findRefreshToken(second.refresh))?.rotation?.successorUsed).toBe(false);
    });

    it('marks the predecessor when the access token of the successor is seen', async () => {
      const first = await saved();
      const second = await rotated(first);
      await tokens().markAccessTokenUsed(first.access);
      expect((await tokens().findRefreshToken(first.refresh))?.rotation?.successorUsed).toBe(false);
      await tokens().markAccessTokenUsed(second.access);
      expect((await tokens().findRefreshToken(first.refresh))?.rotation?.successorUsed).toBe(true);
      await tokens().markAccessTokenUsed(hash());
    });

    it('counts replays up to the limit, also at once, and none after the successor was used', async () => {
      const first = await saved();
      expect(await tokens().countReplay(first.refresh, 3)).toBe(false);
      const second = await rotated(first);
      const counted = await Promise.all(Array.from({ length: 10 }, () => tokens().countReplay(first.refresh, 3)));
      expect(counted.filter(Boolean)).toHaveLength(3);
      expect((await tokens().findRefreshToken(first.refresh))?.rotation?.replays).toBe(3);
      await tokens().markAccessTokenUsed(second.access);
      expect(await tokens().countReplay(first.refresh, 99)).toBe(false);
    });
  });

  describe('revoking', () => {
    it('ends one access token, once, and says until when that matters', async () => {
      const first = await saved();
      const seq = await tokens().revocationSeq();
      const at = clock.tick();
      expect(await tokens().revokeBy({ kind: 'token', hash: first.access }, at)).toBe(true);
      expect(await tokens().revokeBy({ kind: 'token', hash: first.access }, at)).toBe(false);
      expect(await tokens().revokeBy({ kind: 'token', hash: hash() }, at)).toBe(false);
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      expect(await tokens().findRefreshToken(first.refresh)).toMatchObject({ state: 'ACTIVE' });
      expect(await revocationsAfter(seq)).toEqual([
        {
          seq: seq + 1,
          target: { kind: 'token', hash: first.access },
          revokedAt: at,
          expiresAt: first.pair.accessToken.expiresAt,
        },
      ]);
    });

    it('ends a grant with everything in it, and names each live access token', async () => {
      const first = await saved();
      const next = await rotated(first);
      const seq = await tokens().revocationSeq();
      const at = clock.tick();
      expect(await tokens().revokeBy({ kind: 'grant', grantId: first.grant.id }, at)).toBe(true);
      for (const refresh of [first.refresh, next.refresh]) {
        expect(await tokens().findRefreshToken(refresh)).toMatchObject({ state: 'REVOKED' });
      }
      expect(await tokens().findAccessToken(next.access)).toMatchObject({ revoked: true });
      const expiresAt = next.successor.accessToken.expiresAt;
      expect(await revocationsAfter(seq)).toEqual([
        { seq: seq + 1, target: { kind: 'token', hash: next.access }, revokedAt: at, expiresAt },
        { seq: seq + 2, target: { kind: 'grant', grantId: first.grant.id }, revokedAt: at, expiresAt },
      ]);
    });

    it('tells one of many at once that it was the one who ended the grant', async () => {
      const first = await saved();
      const target = { kind: 'grant', grantId: first.grant.id } as const;
      const { seq } = await storage().auditTrail.head();
      const ended = { tenantDomain: 'carbon.super', actor: 'client', action: 'token.revoked', target: first.grant.id };
      const results = await Promise.all(
        Array.from({ length: 50 }, () => tokens().revokeBy(target, clock.now(), { ...ended, clientAddress: '::1' })),
      );
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(await tokens().revokeBy({ kind: 'grant', grantId: 'none' }, clock.now(), ended)).toBe(false);
      // Recorded once, in the transaction of the one.
      expect(await storage().auditTrail.eventsAfter(seq, 10)).toMatchObject([{ ...ended, clientAddress: '::1' }]);
    });

    it('leaves nothing alive when a rotation and a revocation of the family meet', async () => {
      for (let round = 0; round < 10; round++) {
        const first = await saved();
        const target = { kind: 'grant', grantId: first.grant.id } as const;
        const [next] = await Promise.all([rotated(first), tokens().revokeBy(target, clock.now())]);
        expect((await tokens().findRefreshToken(first.refresh))?.state).toBe('REVOKED');
        expect((await tokens().findAccessToken(first.access))?.revoked).toBe(true);
        if (!next.first) continue;
        expect(await tokens().findRefreshToken(next.refresh)).toMatchObject({ state: 'REVOKED' });
        expect(await tokens().findAccessToken(next.access)).toMatchObject({ revoked: true });
      }
    });

    it('ends all of a client by one entry, and lets it go on with new tokens', async () => {
      const first = await saved();
      const other = await saved();
      const seq = await tokens().revocationSeq();
      const at = clock.tick();
      expect(await tokens().revokeBy({ kind: 'client', clientId: first.grant.clientId }, at)).toBe(true);
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      expect(await tokens().findRefreshToken(first.refresh)).toMatchObject({ state: 'REVOKED' });
      expect(await tokens().findAccessToken(other.access)).toMatchObject({ revoked: false });
      expect(await revocationsAfter(seq)).toEqual([
        { seq: seq + 1, target: { kind: 'client', clientId: first.grant.clientId }, revokedAt: at },
      ]);
      const again = tokenPair(grant(first.grant.clientId, clock.tick()), clock.now());
      await tokens().saveTokens(again);
      expect(await tokens().findAccessToken(again.accessToken.hash)).toMatchObject({ revoked: false });
      await expect(tokens().saveTokens(tokenPair(first.grant, clock.now()))).rejects.toThrow(NotFound);
    });

    it('ends all of a subject by one entry, whatever the client', async () => {
      const first = await saved();
      const subject = first.grant.subject ?? '';
      const second = await saved({ subject });
      const seq = await tokens().revocationSeq();
      const at = clock.tick();
      await tokens().revokeBy({ kind: 'subject', subject }, at);
      for (const { access, refresh } of [first, second]) {
        expect(await tokens().findAccessToken(access)).toMatchObject({ revoked: true });
        expect(await tokens().findRefreshToken(refresh)).toMatchObject({ state: 'REVOKED' });
      }
      expect(await revocationsAfter(seq)).toEqual([
        { seq: seq + 1, target: { kind: 'subject', subject }, revokedAt: at },
      ]);
      const again = await saved({ subject });
      expect(await tokens().findAccessToken(again.access)).toMatchObject({ revoked: false });
    });

    it('says nothing to gateways about a token that has expired anyway', async () => {
      const first = await saved();
      const seq = await tokens().revocationSeq();
      await tokens().revokeBy({ kind: 'token', hash: first.access }, first.at + 3_600_000);
      expect(await tokens().revocationSeq()).toBe(seq);
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
    });
  });

  describe('a client that is gone or switched off', () => {
    it('takes its tokens with it, and a client registered again under its id does not wake them', async () => {
      const first = await saved();
      const { clientId } = first.grant;
      const seq = await tokens().revocationSeq();
      expect(await storage().clientRegistry.deleteRegistration(clientId)).toBe(true);
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      expect((await revocationsAfter(seq)).map(({ target }) => target)).toEqual([{ kind: 'client', clientId }]);
      await registerClient(storage(), { clientId });
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      expect(await tokens().findRefreshToken(first.refresh)).toMatchObject({ state: 'REVOKED' });
    });

    it('issues nothing while it is inactive and wakes nothing when it is active again', async () => {
      const first = await saved();
      const { clientId } = first.grant;
      await storage().clientRegistry.updateRegistration(clientId, { active: false });
      await expect(tokens().saveTokens(tokenPair(grant(clientId, 1), 1))).rejects.toThrow(NotFound);
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
      await storage().clientRegistry.updateRegistration(clientId, { active: true });
      expect(await tokens().findAccessToken(first.access)).toMatchObject({ revoked: true });
    });
  });
}
