import { expect, it } from 'vitest';
import { NotFound } from './errors.js';
import { grant, hash, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

/** Pairs that are given out again, and access tokens beside a refresh token that is there. */
export function reusableTokensContract({ storage, clock }: Subject): void {
  const tokens = () => storage().tokens;
  const salt = () => hash().subarray(0, 16);

  async function newPair() {
    return tokenPair(grant(await registerClient(storage()), clock.now()), clock.tick());
  }

  it('keeps the pair of whoever is first, and answers it to everyone', async () => {
    const [key, one] = [hash(), await newPair()];
    expect(await tokens().findReusable(key)).toBeUndefined();
    const others = [1, 2, 3, 4, 5].map(() => tokenPair(grant(one.grant.clientId, clock.now()), clock.now()));
    const answers = await Promise.all([one, ...others].map((pair) => tokens().saveReusable(key, salt(), pair)));
    const [first] = answers;
    for (const answer of answers) {
      expect(answer.salt).toEqual(first?.salt);
      expect(answer.accessToken.hash).toEqual(first?.accessToken.hash);
    }
    const saved = await Promise.all([one, ...others].map((pair) => tokens().findAccessToken(pair.accessToken.hash)));
    expect(saved.filter(Boolean)).toHaveLength(1);
    const found = await tokens().findReusable(key);
    expect(found?.salt).toEqual(first?.salt);
    expect(found?.refreshToken?.expiresAt).toBe(one.refreshToken.expiresAt);
  });

  it('replaces a pair that is dead: expired, revoked, or without its refresh token', async () => {
    const key = hash();
    const one = await newPair();
    await tokens().saveReusable(key, salt(), one);
    const late = clock.now() + 3_600_000;
    const two = tokenPair(grant(one.grant.clientId, late), late);
    expect((await tokens().saveReusable(key, salt(), two)).accessToken.hash).toEqual(two.accessToken.hash);
    await tokens().revokeBy({ kind: 'grant', grantId: two.grant.id }, late);
    const three = tokenPair(grant(one.grant.clientId, late), late);
    expect((await tokens().saveReusable(key, salt(), three)).accessToken.hash).toEqual(three.accessToken.hash);
    await tokens().revokeBy({ kind: 'token', hash: three.refreshToken.hash }, late);
    const four = tokenPair(grant(one.grant.clientId, late), late);
    expect((await tokens().saveReusable(key, salt(), four)).accessToken.hash).toEqual(four.accessToken.hash);
  });

  it('saves nothing for a client that is gone', async () => {
    const pair = tokenPair(grant('nobody', clock.now()), clock.now());
    const key = hash();
    await expect(tokens().saveReusable(key, salt(), pair)).rejects.toThrow(NotFound);
    expect(await tokens().findReusable(key)).toBeUndefined();
  });

  it('adds an access token beside an ACTIVE refresh token, and ends it with that one', async () => {
    const one = await newPair();
    await tokens().saveTokens(one);
    const sibling = { ...one.accessToken, hash: hash() };
    expect(await tokens().addAccessToken(one.refreshToken.hash, sibling)).toBe(true);
    expect(await tokens().findAccessToken(sibling.hash)).toMatchObject({ revoked: false, scope: ['read', 'write'] });
    const next = tokenPair(one.grant, clock.tick(), 1);
    await tokens().rotateRefreshToken(one.refreshToken.hash, salt(), next);
    expect((await tokens().findAccessToken(sibling.hash))?.revoked).toBe(true);
    expect(await tokens().addAccessToken(one.refreshToken.hash, { ...sibling, hash: hash() })).toBe(false);
    expect(await tokens().addAccessToken(hash(), { ...sibling, hash: hash() })).toBe(false);
    await tokens().revokeBy({ kind: 'grant', grantId: one.grant.id }, clock.now());
    expect(await tokens().addAccessToken(next.refreshToken.hash, { ...sibling, hash: hash() })).toBe(false);
  });

  it('forgets kept pairs that have expired', async () => {
    const [key, one] = [hash(), await newPair()];
    await tokens().saveReusable(key, salt(), one);
    clock.tick(3_600_001);
    while ((await storage().janitor.sweepExpired(1_000)) > 0);
    expect(await tokens().findReusable(key)).toBeUndefined();
  });
}
