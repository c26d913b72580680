import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { CodeRecord } from '../oauth2/model.js';
import { AlreadyExists, NotFound } from './errors.js';
import { grant, hash, registerClient, type Subject, tokenPair } from './fixtures.contract.js';

export function codeStoreContract({ storage, clock }: Subject): void {
  const codes = () => storage().codes;

  async function saved(change: Pick<Partial<CodeRecord>, 'kind'> = {}) {
    const clientId = await registerClient(storage());
    const code = {
      kind: 'authorization_code' as const,
      hash: hash(),
      clientId,
      tenantDomain: 'carbon.super',
      grantId: randomUUID(),
      body: { scope: ['read'], nested: { nonce: 'n' } },
      expiresAt: clock.now() + 60_000,
      ...change,
    };
    await codes().saveCode(code);
    return code;
  }

  it('finds a code by its kind and hash, and by nothing else', async () => {
    const code = await saved();
    expect(await codes().findCode(code.kind, code.hash)).toEqual({ ...code, version: 0, redeemedAt: undefined });
    expect(await codes().findCode('device_code', code.hash)).toBeUndefined();
    expect(await codes().findCode(code.kind, hash())).toBeUndefined();
    await expect(codes().saveCode(code)).rejects.toThrow(AlreadyExists);
  });

  it('changes the body for whoever knows the version', async () => {
    const { kind, hash: key } = await saved();
    expect(await codes().changeCode(kind, key, 0, { approved: true })).toBe(true);
    expect(await codes().changeCode(kind, key, 0, { approved: false })).toBe(false);
    expect(await codes().findCode(kind, key)).toMatchObject({ body: { approved: true }, version: 1 });
  });

  it('gives a code to the first of many', async () => {
    const { kind, hash: key } = await saved({ kind: 'pushed_request' });
    const taken = await Promise.all(Array.from({ length: 20 }, () => codes().takeCode(kind, key)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await codes().changeCode(kind, key, 0, {})).toBe(false);
    expect((await codes().findCode(kind, key))?.redeemedAt).toBe(clock.now());
  });

  it('redeems a code for tokens once, under 20 attempts at a time', async () => {
    const code = await saved();
    const at = clock.tick();
    const details = { authentication: { authTime: at, nonce: 'n' }, audience: ['https://api'] };
    const attempts = Array.from({ length: 20 }, () =>
      tokenPair(grant(code.clientId, at, { id: code.grantId, details }), at),
    );
    const redeemed = await Promise.all(
      attempts.map((tokens) => storage().tokens.redeemCode(code.kind, code.hash, tokens)),
    );
    expect(redeemed.filter(Boolean)).toHaveLength(1);
    const found = await Promise.all(
      attempts.map(({ accessToken }) => storage().tokens.findAccessToken(accessToken.hash)),
    );
    expect(found.map((token) => token !== undefined)).toEqual(redeemed);
    expect(found.find(Boolean)?.grant).toMatchObject({ id: code.grantId, details });
  });

  it('leaves the code unused when the client is gone', async () => {
    const code = await saved();
    const at = clock.tick();
    await storage().clientRegistry.deleteRegistration(code.clientId);
    const tokens = tokenPair(grant(code.clientId, at, { id: code.grantId }), at);
    await expect(storage().tokens.redeemCode(code.kind, code.hash, tokens)).rejects.toThrow(NotFound);
    expect((await codes().findCode(code.kind, code.hash))?.redeemedAt).toBeUndefined();
  });

  it('keeps what the tokens of a pair are bound to', async () => {
    const at = clock.tick();
    const pair = tokenPair(grant(await registerClient(storage()), at), at);
    const confirmation = { method: 'jkt' as const, thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    const bound = {
      ...pair,
      accessToken: { ...pair.accessToken, confirmation },
      refreshToken: { ...pair.refreshToken, confirmation },
    };
    await storage().tokens.saveTokens(bound);
    expect((await storage().tokens.findAccessToken(bound.accessToken.hash))?.confirmation).toEqual(confirmation);
    expect((await storage().tokens.findRefreshToken(bound.refreshToken.hash))?.confirmation).toEqual(confirmation);
  });

  it('sees an id for the first time once', async () => {
    const id = randomUUID();
    const { replays } = storage();
    const seen = await Promise.all(Array.from({ length: 20 }, () => replays.firstUse('jti', id, clock.now() + 1_000)));
    expect(seen.filter(Boolean)).toHaveLength(1);
    expect(await replays.firstUse('another', id, clock.now() + 1_000)).toBe(true);
  });
}
