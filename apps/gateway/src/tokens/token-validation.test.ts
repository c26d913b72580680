import { createHash } from 'node:crypto';
import {
  KeyType,
  type TokenFacts,
  TokenKind,
  TokenState,
  type ValidateTokenResponse,
} from '@keygate/proto/keymanager/v1/key_validation';
import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import { beforeEach, describe, expect, it } from 'vitest';
import { Hearing } from './hearing.js';
import type { SharedToken, SharedTokenCache } from './shared-token-cache.js';
import { TokenValidation } from './token-validation.js';

const start = 1_000_000_000_000;
const sha256 = (token: string) => createHash('sha256').update(token).digest();

/** Answers when the test says so. */
class Asked {
  readonly hashes: string[] = [];
  private readonly waiting: { resolve: (answer: ValidateTokenResponse) => void; reject: (error: Error) => void }[] = [];

  readonly ask = (hash: Buffer): Promise<ValidateTokenResponse> => {
    this.hashes.push(hash.toString('hex'));
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  };

  answer(answer: ValidateTokenResponse): void {
    this.waiting.shift()?.resolve(answer);
  }

  fail(): void {
    this.waiting.shift()?.reject(new Error('away'));
  }
}

/** Stands for Redis where only its answer matters; the real one is used in the tests of the whole gateway. */
class FakeShared implements Pick<SharedTokenCache, 'read' | 'fill'> {
  readonly stored = new Map<string, SharedToken>();
  stands = true;

  async read(hash: Buffer): Promise<SharedToken | undefined> {
    return this.stored.get(hash.toString('hex'));
  }

  async fill(hash: Buffer, facts: TokenFacts, remainingMillis: number): Promise<boolean> {
    this.stored.set(hash.toString('hex'), { facts, remainingMillis });
    return this.stands;
  }
}

let now: number;
let asked: Asked;
let hearing: Hearing;
let tokens: TokenValidation;
let shared: FakeShared;
const clock = { now: () => now };

function create(more: object = {}): TokenValidation {
  return new TokenValidation({
    cacheTtlSeconds: 900,
    negativeTtlSeconds: 5,
    maxUnknownPerAddress: 100,
    maxEntries: 100,
    clock,
    hearing,
    askKeyManager: asked.ask,
    shared: undefined,
    ...more,
  });
}

beforeEach(() => {
  now = start;
  asked = new Asked();
  shared = new FakeShared();
  hearing = new Hearing(10, clock);
  hearing.set('grpc', true);
  tokens = create();
});

const facts = (more: Partial<TokenFacts> = {}): TokenFacts => ({
  clientId: 'client',
  applicationId: 'app',
  keyType: KeyType.KEY_TYPE_SANDBOX,
  user: 'demo@carbon.super',
  tenantDomain: 'carbon.super',
  scopes: ['read'],
  issuedAt: start - 1_000,
  expiresAt: start + 3_600_000,
  tokenKind: TokenKind.TOKEN_KIND_APPLICATION_USER,
  grantId: 'grant',
  audience: [],
  permittedIps: [],
  permittedReferers: [],
  ...more,
});
const active = (more: Partial<TokenFacts> = {}, revocationSeq = 5): ValidateTokenResponse => ({
  state: TokenState.TOKEN_STATE_ACTIVE,
  facts: facts(more),
  revocationSeq,
});
const unknown: ValidateTokenResponse = { state: TokenState.TOKEN_STATE_UNKNOWN, revocationSeq: 5 };
const revocation = (target: NonNullable<Revocation['target']>, more: Partial<Revocation> = {}): Revocation => ({
  seq: 6,
  target,
  revokedAt: start,
  expiresAt: 0,
  ...more,
});
const ofToken = (token: string) => ({ $case: 'tokenHash' as const, tokenHash: sha256(token) });

/** Looks up, lets the key manager answer if it is asked, and returns the verdict's state. */
async function stateOf(token: string, answer: ValidateTokenResponse = active()): Promise<string> {
  const verdict = tokens.lookup(token);
  await Promise.resolve();
  await Promise.resolve();
  asked.answer(answer);
  return (await verdict).state;
}

describe('a token in memory', () => {
  it('answers at once, with the same object, and asks by hash only once', async () => {
    const first = await (() => {
      const verdict = tokens.lookup('t');
      asked.answer(active());
      return verdict;
    })();
    expect(tokens.lookup('t')).toBe(first);
    expect(first).toEqual({
      state: 'active',
      facts: {
        clientId: 'client',
        applicationId: 'app',
        keyType: 'SANDBOX',
        kind: 'APPLICATION_USER',
        user: 'demo@carbon.super',
        tenantDomain: 'carbon.super',
        scopes: ['read'],
      },
    });
    expect(asked.hashes).toEqual([sha256('t').toString('hex')]);
  });

  it('shares equal facts between tokens', async () => {
    await stateOf('a');
    await stateOf('b');
    expect(tokens.lookup('a')).toBe(tokens.lookup('b'));
  });

  it('expires to the millisecond', async () => {
    await stateOf('t', active({ expiresAt: start + 1_000 }));
    now = start + 999;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
    now = start + 1_000;
    expect(tokens.lookup('t')).toEqual({ state: 'expired' });
  });

  it('is asked about again after the cache time', async () => {
    await stateOf('t');
    now += 900_000;
    expect(await stateOf('t', unknown)).toBe('invalid');
    expect(asked.hashes).toHaveLength(2);
  });

  it('never expires when the key manager says so', async () => {
    await stateOf('t', active({ expiresAt: 0 }));
    now += 899_999;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
  });

  it('is bounded', async () => {
    for (let i = 0; i < 500; i++) await stateOf(`t${i}`);
    expect(tokens.sizes.tokens).toBeLessThanOrEqual(100);
  });
});

describe('single flight', () => {
  it('asks once for many callers, and gives all the same answer', async () => {
    const verdicts = Array.from({ length: 50 }, () => tokens.lookup('t'));
    asked.answer(active());
    expect(new Set(await Promise.all(verdicts)).size).toBe(1);
    expect(asked.hashes).toHaveLength(1);
  });

  it('bounds the questions under way; above it nothing is decided', async () => {
    for (let i = 0; i < 2_000; i++) void tokens.lookup(`t${i}`);
    expect(tokens.lookup('one more')).toMatchObject({ state: 'undecidable' });
  });
});

describe('a refused token', () => {
  it.each([
    [TokenState.TOKEN_STATE_UNKNOWN, 'invalid'],
    [TokenState.TOKEN_STATE_REVOKED, 'invalid'],
    [TokenState.TOKEN_STATE_EXPIRED, 'expired'],
  ])('in state %i is %s, is remembered for a while and then asked about again', async (state, verdict) => {
    expect(await stateOf('t', { state, revocationSeq: 5 })).toBe(verdict);
    now += 4_999;
    expect(tokens.lookup('t')).toEqual({ state: verdict });
    now += 1;
    expect(await stateOf('t')).toBe('active');
  });

  it('costs bounded memory in a flood', async () => {
    const flood = create({ askKeyManager: async () => unknown });
    for (let i = 0; i < 30_000; i += 1_000) {
      await Promise.all(Array.from({ length: 1_000 }, (_, j) => flood.lookup(`random-${i + j}`)));
    }
    expect(flood.sizes.refused).toBeLessThanOrEqual(20_000);
    expect(flood.sizes.asking).toBe(0);
  });

  it('that is longer than any token is refused unasked', () => {
    expect(tokens.lookup('x'.repeat(8_193))).toEqual({ state: 'invalid' });
  });
});

describe('what cannot be decided', () => {
  it('is undecidable when the key manager is away, and is not remembered', async () => {
    const verdict = tokens.lookup('t');
    asked.fail();
    expect(await verdict).toMatchObject({ state: 'undecidable' });
    expect(await stateOf('t')).toBe('active');
  });

  it('is undecidable when the answer makes no sense to this version', async () => {
    expect(await stateOf('t', { state: 99 as TokenState, revocationSeq: 0 })).toBe('undecidable');
    expect(await stateOf('u', { state: TokenState.TOKEN_STATE_ACTIVE, revocationSeq: 0 })).toBe('undecidable');
  });
});

describe('a revocation', () => {
  it.each<[string, NonNullable<Revocation['target']>]>([
    ['the token', ofToken('t')],
    ['its grant', { $case: 'grantId', grantId: 'grant' }],
    ['its client', { $case: 'clientId', clientId: 'client' }],
    ['its user', { $case: 'subject', subject: 'demo@carbon.super' }],
  ])('of %s kills it in memory at once', async (_, target) => {
    await stateOf('t');
    tokens.revoked(revocation(target));
    expect(tokens.lookup('t')).toEqual({ state: 'invalid' });
  });

  it('of another token, grant, client or user does not', async () => {
    await stateOf('t');
    tokens.revoked(revocation(ofToken('u')));
    tokens.revoked(revocation({ $case: 'grantId', grantId: 'other' }));
    tokens.revoked(revocation({ $case: 'clientId', clientId: 'other' }));
    tokens.revoked(revocation({ $case: 'subject', subject: 'other@carbon.super' }));
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
  });

  it('of a user leaves application tokens alone, and tokens issued later', async () => {
    await stateOf('app', active({ user: '', tokenKind: TokenKind.TOKEN_KIND_APPLICATION }));
    await stateOf('later', active({ issuedAt: start + 1 }, 6));
    tokens.revoked(revocation({ $case: 'subject', subject: '' }));
    tokens.revoked(revocation({ $case: 'subject', subject: 'demo@carbon.super' }));
    expect(tokens.lookup('app')).toMatchObject({ state: 'active' });
    expect(tokens.lookup('later')).toMatchObject({ state: 'active' });
  });

  it.each<[string, NonNullable<Revocation['target']>]>([
    ['its grant', { $case: 'grantId', grantId: 'grant' }],
    ['its client', { $case: 'clientId', clientId: 'client' }],
    ['its user', { $case: 'subject', subject: 'demo@carbon.super' }],
  ])('of %s leaves a token that was known before, yet is newer by the clock, to the key manager', async (_, target) => {
    tokens = create({ shared });
    await stateOf('late', active({ issuedAt: start + 50 }));
    await stateOf('right', active({ issuedAt: start + 60 }));
    tokens.revoked(revocation(target));
    expect(await stateOf('late', { state: TokenState.TOKEN_STATE_REVOKED, revocationSeq: 6 })).toBe('invalid');
    expect(await stateOf('right', active({ issuedAt: start + 60 }, 6))).toBe('active');
    expect(asked.hashes, 'Redis may hold what was true before').toHaveLength(4);
    expect(tokens.lookup('right')).toMatchObject({ state: 'active' });
    expect(asked.hashes).toHaveLength(4);
  });

  it('that arrives while the key manager is asked about a newer token lets the answer count once', async () => {
    const verdict = tokens.lookup('t');
    tokens.revoked(revocation({ $case: 'subject', subject: 'demo@carbon.super' }));
    asked.answer(active({ issuedAt: start + 50 }, 5));
    expect(await verdict).toMatchObject({ state: 'active' });
    expect(await stateOf('t', { state: TokenState.TOKEN_STATE_REVOKED, revocationSeq: 6 })).toBe('invalid');
  });

  it('that arrives while the key manager is asked beats the answer', async () => {
    const verdict = tokens.lookup('t');
    tokens.revoked(revocation(ofToken('t')));
    asked.answer(active());
    expect(await verdict).toEqual({ state: 'invalid' });
    expect(tokens.lookup('t')).toEqual({ state: 'invalid' });
  });

  it('of the grant does so too, unless the answer already reflects it and the token is of the same millisecond', async () => {
    const before = tokens.lookup('before');
    const after = tokens.lookup('after');
    tokens.revoked(revocation({ $case: 'grantId', grantId: 'grant' }));
    asked.answer(active({ issuedAt: start }, 5));
    asked.answer(active({ issuedAt: start }, 6));
    expect(await before).toEqual({ state: 'invalid' });
    expect(await after).toMatchObject({ state: 'active' });
    expect(tokens.lookup('after')).toMatchObject({ state: 'active' });
  });

  it('reaches a token that has been read often enough to age past half of the table', async () => {
    await stateOf('hot');
    for (let i = 0; i < 120; i++) {
      await stateOf(`t${i}`);
      tokens.lookup('hot');
    }
    tokens.revoked(revocation(ofToken('hot')));
    expect(tokens.lookup('hot')).toEqual({ state: 'invalid' });
  });
});

describe('a revocation that this gateway passed on', () => {
  it('makes it ask again, past memory and Redis', async () => {
    tokens = create({ shared });
    await stateOf('t');
    tokens.doubt('t');
    expect(await stateOf('t', unknown)).toBe('invalid');
    expect(asked.hashes).toHaveLength(2);
  });

  it('does not join a question that was under way, nor keep its answer', async () => {
    const early = tokens.lookup('t');
    tokens.doubt('t');
    const late = tokens.lookup('t');
    asked.answer(active());
    asked.answer(unknown);
    expect(await early).toMatchObject({ state: 'active' });
    expect(await late).toEqual({ state: 'invalid' });
    expect(tokens.lookup('t')).toEqual({ state: 'invalid' });
  });

  it('changes nothing when the token was not the client’s to revoke', async () => {
    await stateOf('t');
    tokens.doubt('t');
    expect(await stateOf('t')).toBe('active');
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
  });
});

describe('tokens found in Redis', () => {
  beforeEach(() => {
    tokens = create({ shared });
    shared.stored.set(sha256('t').toString('hex'), { facts: facts(), remainingMillis: 600_000 });
  });

  it('are served without asking, for what is left of the cache time', async () => {
    expect(await tokens.lookup('t')).toMatchObject({ state: 'active' });
    now += 599_999;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
    now += 1;
    shared.stored.clear();
    expect(await stateOf('t', unknown)).toBe('invalid');
  });

  it('are refused when a revocation was heard that Redis does not show', async () => {
    tokens.revoked(revocation({ $case: 'clientId', clientId: 'client' }));
    expect(await tokens.lookup('t')).toEqual({ state: 'invalid' });
    expect(asked.hashes).toEqual([]);
  });

  it('are not trusted when revocations have been missed since they were stored', async () => {
    tokens.missedSome();
    expect(await stateOf('t', unknown)).toBe('invalid');
  });

  it('are dead when the fill finds a tombstone', async () => {
    shared.stored.clear();
    shared.stands = false;
    await stateOf('t');
    await Promise.resolve();
    expect(tokens.lookup('t')).toEqual({ state: 'invalid' });
  });
});

describe('a gateway that hears no revocations', () => {
  it('trusts memory for the local time, then asks, then trusts the new answer for as long again', async () => {
    await stateOf('t');
    now += 60_000;
    hearing.set('grpc', false);
    now += 9_999;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
    now += 1;
    expect(await stateOf('t')).toBe('active');
    expect(asked.hashes).toHaveLength(2);
    now += 9_999;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
    now += 1;
    const verdict = tokens.lookup('t');
    asked.fail();
    expect(await verdict).toMatchObject({ state: 'undecidable' });
  });

  it('does not trust Redis beyond that either', async () => {
    tokens = create({ shared });
    shared.stored.set(sha256('t').toString('hex'), { facts: facts(), remainingMillis: 900_000 });
    hearing.set('grpc', false);
    now += 20_000;
    shared.stored.set(sha256('t').toString('hex'), { facts: facts(), remainingMillis: 880_000 });
    expect(await stateOf('t', unknown)).toBe('invalid');
    expect(asked.hashes).toHaveLength(1);
  });

  it('trusts its memory again once the gRPC stream has told what was missed', async () => {
    await stateOf('t');
    hearing.set('grpc', false);
    now += 60_000;
    hearing.set('grpc', true);
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
  });

  it('drops its memory when only Redis comes back, which does not repeat what was missed', async () => {
    await stateOf('t');
    hearing.set('grpc', false);
    now += 1_000;
    hearing.set('redis', true);
    expect(await stateOf('t', unknown)).toBe('invalid');
  });

  it('hears as long as one of the two channels is live', async () => {
    hearing.set('redis', true);
    now += 1;
    await stateOf('t');
    hearing.set('grpc', false);
    now += 600_000;
    expect(tokens.lookup('t')).toMatchObject({ state: 'active' });
    expect(hearing.isHearing).toBe(true);
  });
});
