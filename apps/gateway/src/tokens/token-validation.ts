import { hash } from 'node:crypto';
import { type TokenFacts, TokenState, type ValidateTokenResponse } from '@keygate/proto/keymanager/v1/key_validation';
import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { RevocationSink } from '../key-manager/revocation-stream.js';
import type { TokenFactsSource, TokenVerdict } from '../pipeline/ports.js';
import { type CachedToken, SharedVerdicts } from './cached-token.js';
import type { Clock } from './clock.js';
import { Guesses } from './guesses.js';
import type { Hearing } from './hearing.js';
import type { JwtGate } from './jwt-gate.js';
import { expired, invalid, NegativeVerdicts } from './negative-verdicts.js';
import { RevocationIndex } from './revocation-index.js';
import type { SharedTokenCache } from './shared-token-cache.js';
import { TokenTable } from './token-table.js';
import { TwoGenerations } from './two-generations.js';

export interface TokenValidationOptions {
  readonly cacheTtlSeconds: number;
  readonly negativeTtlSeconds: number;
  readonly maxEntries: number;
  /** Unknown tokens that an address may send in ten seconds before it is put off; 0: any number. */
  readonly maxUnknownPerAddress: number;
  readonly clock: Clock;
  readonly hearing: Hearing;
  /** Says which tokens are worth a question; without it all are. */
  readonly jwts?: Pick<JwtGate, 'judge'>;
  /** Rejects when the key manager cannot be asked. */
  readonly askKeyManager: (tokenHash: Buffer) => Promise<ValidateTokenResponse>;
  /** Undefined: no Redis is configured. */
  readonly shared: SharedTokenCache | undefined;
  /** Hears of every failure to ask; the verdict itself is `undecidable`. */
  readonly onUndecided?: (cause: unknown) => void;
}

/** No token of this gateway is longer, and a longer one need not be hashed to be refused. */
const maxTokenLength = 8_192;
const maxFlights = 2_000;
const maxNegatives = 20_000;
const maxRevocations = 200_000;
const doubtMillis = 10_000;
const undecidable: TokenVerdict = { state: 'undecidable', retryAfterSeconds: 2 };

/** Of tokens that nobody need be asked about. They are not remembered: that would push out what cost a question. */
const verdicts = { invalid, expired, undecidable } as const;

/** A question under way, shared by everyone who asks about the same token meanwhile. */
interface Flight {
  readonly hash: Buffer;
  readonly hashKey: string;
  readonly clientAddress: string | undefined;
  /** Set when a revocation of this very token was passed on: the answer may be older and is not kept. */
  isDoubted: boolean;
}

type Age = Pick<CachedToken, 'verifiedAt' | 'cachedAt'>;

/** What tokens stand for: from memory, else from Redis, else from the key manager, which alone decides. */
export class TokenValidation implements TokenFactsSource, RevocationSink {
  private readonly options: TokenValidationOptions;
  private readonly ttlMillis: number;
  private readonly known: TokenTable;
  private readonly negatives: NegativeVerdicts;
  private readonly revocations: RevocationIndex;
  private readonly verdicts = new SharedVerdicts();
  private readonly flights = new Map<string, { flight: Flight; verdict: Promise<TokenVerdict> }>();
  private readonly guesses: Guesses;
  private readonly doubts = new TwoGenerations<number>(20_000);

  constructor(options: TokenValidationOptions) {
    this.options = options;
    this.ttlMillis = options.cacheTtlSeconds * 1_000;
    this.known = new TokenTable(options.maxEntries);
    this.guesses = new Guesses(options.maxUnknownPerAddress);
    this.negatives = new NegativeVerdicts(options.negativeTtlSeconds, maxNegatives);
    this.revocations = new RevocationIndex({
      clock: options.clock,
      retentionMillis: this.ttlMillis,
      capacity: maxRevocations,
      onOverflow: () => options.hearing.missedSome(),
    });
  }

  /** Entries in memory: tokens known, tokens refused, questions under way. */
  get sizes(): { readonly tokens: number; readonly refused: number; readonly asking: number } {
    return { tokens: this.known.size, refused: this.negatives.size, asking: this.flights.size };
  }

  lookup(accessToken: string, clientAddress?: string): TokenVerdict | Promise<TokenVerdict> {
    if (accessToken.length > maxTokenLength) return invalid;
    const hashKey = hash('sha256', accessToken, 'binary');
    const cached = this.known.get(hashKey);
    const verdict = cached === undefined ? undefined : this.judge(cached);
    return verdict ?? this.find(accessToken, hashKey, clientAddress);
  }

  revoked(revocation: Revocation): void {
    this.revocations.add(revocation);
    if (revocation.target?.$case !== 'tokenHash') return;
    const cached = this.known.get(Buffer.from(revocation.target.tokenHash).toString('latin1'));
    if (cached !== undefined) cached.isRevoked = true;
  }

  missedSome(): void {
    this.options.hearing.missedSome();
  }

  beganAnew(): void {
    this.options.hearing.beganAnew();
  }

  /**
   * A revocation of this token has been passed on and accepted. Whether it killed the token only the key manager
   * knows (the client may not have owned it), so it is asked again, past every cache.
   */
  doubt(token: string): void {
    const hashKey = hash('sha256', token, 'binary');
    const cached = this.known.get(hashKey);
    if (cached !== undefined) cached.isDoubted = true;
    const pending = this.flights.get(hashKey);
    if (pending !== undefined) {
      pending.flight.isDoubted = true;
      this.flights.delete(hashKey);
    }
    this.doubts.set(hashKey, this.options.clock.now());
  }

  /** The verdict on a token in memory, or undefined when what is known about it is not good enough. */
  private judge(cached: CachedToken): TokenVerdict | undefined {
    const now = this.options.clock.now();
    if (cached.isRevoked) return invalid;
    if (cached.expiresAt <= now) return expired;
    if (cached.isDoubted) return undefined;
    if (cached.indexVersion !== this.revocations.version) {
      if (this.revocations.forbidsGroup(cached, cached.answeredSeq)) {
        cached.isRevoked = true;
        return invalid;
      }
      if (this.revocations.leavesInDoubt(cached, cached.answeredSeq)) return undefined;
      cached.indexVersion = this.revocations.version;
    }
    if (cached.verifiedAt + this.ttlMillis <= now) return undefined;
    return this.options.hearing.trusts(cached, now) ? cached.verdict : undefined;
  }

  private find(
    accessToken: string,
    hashKey: string,
    clientAddress: string | undefined,
  ): TokenVerdict | Promise<TokenVerdict> {
    const refusal = this.negatives.get(hashKey, this.options.clock.now());
    if (refusal !== undefined) return refusal;
    const underWay = this.flights.get(hashKey);
    if (underWay !== undefined) return underWay.verdict;
    const judgement = this.options.jwts?.judge(accessToken, this.options.clock.now()) ?? 'ask';
    if (judgement !== 'ask') return verdicts[judgement];
    if (this.flights.size >= maxFlights) return undecidable;
    const flight: Flight = { hash: Buffer.from(hashKey, 'latin1'), hashKey, clientAddress, isDoubted: false };
    const verdict = this.decide(flight).finally(() => {
      if (this.flights.get(hashKey)?.flight === flight) this.flights.delete(hashKey);
    });
    this.flights.set(hashKey, { flight, verdict });
    return verdict;
  }

  private async decide(flight: Flight): Promise<TokenVerdict> {
    const { shared, clock, askKeyManager, onUndecided } = this.options;
    if (shared !== undefined && !this.isInDoubt(flight.hashKey)) {
      const cachedAt = clock.now();
      const found = await shared.read(flight.hash);
      // It was stored with at most the cache TTL, so what is left of that says how old it can be.
      const age = found === undefined ? 0 : Math.max(0, this.ttlMillis - found.remainingMillis);
      const verdict = found && this.admit(flight, found.facts, { verifiedAt: cachedAt - age, cachedAt });
      if (verdict !== undefined) return verdict;
    }
    const askedAt = clock.now();
    const { clientAddress } = flight;
    if (clientAddress !== undefined && !this.guesses.mayAsk(clientAddress, askedAt)) return undecidable;
    try {
      const answer = await askKeyManager(flight.hash);
      if (clientAddress !== undefined && answer.state === TokenState.TOKEN_STATE_UNKNOWN)
        this.guesses.wrong(clientAddress);
      return this.take(flight, answer, askedAt);
    } catch (error) {
      onUndecided?.(error);
      return undecidable;
    }
  }

  private take(flight: Flight, answer: ValidateTokenResponse, askedAt: number): TokenVerdict {
    const { state, facts, revocationSeq } = answer;
    if (state === TokenState.TOKEN_STATE_ACTIVE && facts !== undefined) {
      const cached = this.toCached(flight.hashKey, facts, { verifiedAt: askedAt, cachedAt: askedAt }, revocationSeq);
      if (this.revocations.forbids(cached, revocationSeq)) return this.refuse(flight, invalid);
      if (cached.expiresAt <= this.options.clock.now()) return this.refuse(flight, expired);
      // Good for this request, which came before the revocation did, and for no other.
      if (this.revocations.leavesInDoubt(cached, revocationSeq)) return cached.verdict;
      this.keep(flight, cached);
      this.share(flight, facts, cached);
      return cached.verdict;
    }
    switch (state) {
      case TokenState.TOKEN_STATE_UNKNOWN:
      case TokenState.TOKEN_STATE_REVOKED:
        return this.refuse(flight, invalid);
      case TokenState.TOKEN_STATE_EXPIRED:
        return this.refuse(flight, expired);
      default:
        // A newer key manager may say more than this gateway understands; that is no reason to let anyone in or out.
        return undecidable;
    }
  }

  /** Takes facts from Redis, if they are as good as facts from memory would have to be. */
  private admit(flight: Flight, facts: TokenFacts, age: Age): TokenVerdict | undefined {
    const cached = this.toCached(flight.hashKey, facts, age, 0);
    if (this.revocations.forbids(cached, 0)) return this.refuse(flight, invalid);
    if (this.revocations.leavesInDoubt(cached, 0)) return undefined;
    const verdict = this.judge(cached);
    if (verdict !== undefined) this.keep(flight, cached);
    return verdict;
  }

  private toCached(hashKey: string, facts: TokenFacts, age: Age, answeredSeq: number): CachedToken {
    const verdict = this.verdicts.of(facts);
    return {
      hashKey,
      grantId: facts.grantId,
      clientId: verdict.facts.clientId,
      user: verdict.facts.user,
      issuedAt: facts.issuedAt,
      verdict,
      expiresAt: facts.expiresAt === 0 ? Number.POSITIVE_INFINITY : facts.expiresAt,
      ...age,
      answeredSeq,
      indexVersion: this.revocations.version,
      isRevoked: false,
      isDoubted: false,
    };
  }

  private keep(flight: Flight, cached: CachedToken): void {
    if (flight.isDoubted || this.ttlMillis === 0) return;
    this.known.set(cached);
  }

  /** Not awaited: the answer is the key manager's own, and a revocation found in Redis also comes by push. */
  private share(flight: Flight, facts: TokenFacts, cached: CachedToken): void {
    const { shared, clock } = this.options;
    const ttlMillis = Math.min(this.ttlMillis, cached.expiresAt - clock.now());
    if (shared === undefined || flight.isDoubted || ttlMillis < 1) return;
    void shared.fill(flight.hash, facts, ttlMillis).then((stood) => {
      const known = stood ? undefined : this.known.get(flight.hashKey);
      if (known !== undefined) known.isRevoked = true;
    });
  }

  private refuse(flight: Flight, verdict: typeof invalid): TokenVerdict {
    if (!flight.isDoubted) this.negatives.add(flight.hashKey, verdict, this.options.clock.now());
    return verdict;
  }

  private isInDoubt(hashKey: string): boolean {
    const since = this.doubts.get(hashKey);
    return since !== undefined && this.options.clock.now() - since < doubtMillis;
  }
}
