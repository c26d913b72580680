import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ActiveVerdict, CachedToken } from './cached-token.js';
import { TokenTable } from './token-table.js';

const verdict = (user: string): ActiveVerdict => ({
  state: 'active',
  facts: {
    clientId: 'client',
    applicationId: 'app',
    keyType: 'PRODUCTION',
    kind: 'APPLICATION_USER',
    user,
    tenantDomain: 'carbon.super',
    scopes: ['read'],
  },
});
const alice = verdict('alice@carbon.super');
const hashOf = (token: string) => createHash('sha256').update(token).digest('binary');

const tokenOf = (name: string, more: Partial<CachedToken> = {}): CachedToken => ({
  hashKey: hashOf(name),
  grantId: '6f1c2b7e-0000-4000-8000-0123456789ab',
  clientId: 'client',
  user: 'alice@carbon.super',
  issuedAt: 1_700_000_000_123,
  verdict: alice,
  expiresAt: Number.POSITIVE_INFINITY,
  verifiedAt: 1_700_000_000_456,
  cachedAt: 1_700_000_000_789,
  answeredSeq: 2 ** 40,
  indexVersion: 7,
  isRevoked: false,
  isDoubted: false,
  ...more,
});

const plain = (token: CachedToken | undefined) =>
  token && {
    hashKey: token.hashKey,
    grantId: token.grantId,
    clientId: token.clientId,
    user: token.user,
    issuedAt: token.issuedAt,
    verdict: token.verdict,
    expiresAt: token.expiresAt,
    verifiedAt: token.verifiedAt,
    cachedAt: token.cachedAt,
    answeredSeq: token.answeredSeq,
    indexVersion: token.indexVersion,
    isRevoked: token.isRevoked,
    isDoubted: token.isDoubted,
  };

describe('the table of known tokens', () => {
  it('gives back all that it was given, and the very same verdict', () => {
    const table = new TokenTable(100);
    const token = tokenOf('one', { isDoubted: true });
    table.set(token);
    expect(plain(table.get(hashOf('one')))).toEqual(token);
    expect(table.get(hashOf('one'))?.verdict).toBe(alice);
    expect(table.get(hashOf('two'))).toBeUndefined();
  });

  it.each(['', 'no uuid', '6F1C2B7E-0000-4000-8000-0123456789AB'])('keeps a grant id like %j as it is', (grantId) => {
    const table = new TokenTable(100);
    table.set(tokenOf('one', { grantId }));
    expect(table.get(hashOf('one'))?.grantId).toBe(grantId);
  });

  it('keeps what is marked on a record', () => {
    const table = new TokenTable(100);
    table.set(tokenOf('one'));
    const record = table.get(hashOf('one')) as CachedToken;
    record.isRevoked = true;
    record.indexVersion = 9;
    expect(plain(table.get(hashOf('one')))).toMatchObject({ isRevoked: true, isDoubted: false, indexVersion: 9 });
  });

  it('writes over a token that is verified again', () => {
    const table = new TokenTable(100);
    table.set(tokenOf('one', { isDoubted: true }));
    table.set(tokenOf('one', { verifiedAt: 5 }));
    expect(table.size).toBe(1);
    expect(plain(table.get(hashOf('one')))).toMatchObject({ verifiedAt: 5, isDoubted: false });
  });

  it('holds many, each under its own hash', () => {
    const table = new TokenTable(20_000);
    for (let number = 0; number < 5_000; number++) {
      table.set(tokenOf(`token ${number}`, { issuedAt: number, verdict: verdict(`user ${number % 10}`) }));
    }
    expect(table.size).toBe(5_000);
    for (let number = 0; number < 5_000; number += 7) {
      const found = table.get(hashOf(`token ${number}`));
      expect([found?.issuedAt, found?.user]).toEqual([number, `user ${number % 10}`]);
    }
  });

  it('drops what was not read for longest and never holds more than it may', () => {
    const table = new TokenTable(10);
    table.set(tokenOf('read', { isRevoked: true }));
    for (let number = 0; number < 50; number++) {
      table.set(tokenOf(`token ${number}`));
      // Moving up keeps the marks, or a revoked token would be good again.
      expect(table.get(hashOf('read'))?.isRevoked).toBe(true);
      expect(table.size).toBeLessThanOrEqual(10);
    }
    expect(table.get(hashOf('token 0'))).toBeUndefined();
    expect(table.get(hashOf('token 49'))).toBeDefined();
  });
});
