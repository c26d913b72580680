import type { NotBeforeKind, RedisKeys } from '@keygate/common/redis';
import { TokenFacts } from '@keygate/proto/keymanager/v1/key_validation';
import type { Redis } from 'ioredis';
import type { Clock } from './clock.js';

/** A token as found in Redis. */
export interface SharedToken {
  readonly facts: TokenFacts;
  /** How much longer Redis keeps it, milliseconds. */
  readonly remainingMillis: number;
}

const pauseAfterFailureMillis = 1_000;

/**
 * The token cache that all gateways share. A hint only: anything may be missing, stale or slow, so every failure is
 * "not found", and after one Redis is left alone for a second lest each request wait for the time-out.
 */
export class SharedTokenCache {
  private readonly redis: Redis;
  private readonly keys: RedisKeys;
  private readonly clock: Clock;
  private pausedUntil = 0;

  constructor(redis: Redis, keys: RedisKeys, clock: Clock) {
    this.redis = redis;
    this.keys = keys;
    this.clock = clock;
  }

  async read(hash: Buffer): Promise<SharedToken | undefined> {
    const key = this.keys.token(hash.toString('hex'));
    const answers = await this.attempt(() => Promise.all([this.redis.getBuffer(key), this.redis.pttl(key)]));
    if (answers === undefined) return undefined;
    const [content, remainingMillis] = answers;
    if (content === null || remainingMillis <= 0) return undefined;
    try {
      return { facts: TokenFacts.decode(content), remainingMillis };
    } catch {
      return undefined;
    }
  }

  /**
   * Stores facts, then looks for a revocation that was published while they were under way: its writer deletes first
   * and may have been too early. False: there was one, and the facts are gone again.
   */
  async fill(hash: Buffer, facts: TokenFacts, ttlMillis: number): Promise<boolean> {
    const hex = hash.toString('hex');
    const key = this.keys.token(hex);
    const content = Buffer.from(TokenFacts.encode(facts).finish());
    const stood = await this.attempt(async () => {
      await this.redis.set(key, content, 'PX', Math.ceil(ttlMillis));
      const [tombstone, ...notBefore] = await Promise.all([
        this.redis.exists(this.keys.tombstone(hex)),
        ...marksOf(facts).map(([kind, id]) => this.redis.get(this.keys.notBefore(kind, id))),
      ]);
      const forbidden = tombstone === 1 || notBefore.some((revokedAt) => Number(revokedAt ?? -1) >= facts.issuedAt);
      if (forbidden) await this.redis.del(key);
      return !forbidden;
    });
    return stood ?? true;
  }

  private async attempt<T>(commands: () => Promise<T>): Promise<T | undefined> {
    if (this.redis.status !== 'ready' || this.clock.now() < this.pausedUntil) return undefined;
    try {
      return await commands();
    } catch {
      this.pausedUntil = this.clock.now() + pauseAfterFailureMillis;
      return undefined;
    }
  }
}

function marksOf(facts: TokenFacts): [NotBeforeKind, string][] {
  const marks: [NotBeforeKind, string][] = [
    ['client', facts.clientId],
    // The subject of an application's own token is the client (RFC 9068 §2.2).
    ['subject', facts.user || facts.clientId],
  ];
  if (facts.grantId !== '') marks.push(['grant', facts.grantId]);
  return marks;
}
