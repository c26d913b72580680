import type { RedisKeys } from '@keygate/common/redis';
import type { Redis } from 'ioredis';

export interface SeenProofsOptions {
  /** Most that are remembered; above it nothing can be said. */
  readonly maxEntries: number;
  /** Longest time one has to be remembered, milliseconds. */
  readonly longestMillis: number;
  readonly now: () => number;
  /** Undefined: every gateway remembers for itself. */
  readonly shared: { readonly redis: Redis; readonly keys: RedisKeys } | undefined;
  /** Asks for all workers of this gateway; undefined when it has none. */
  readonly siblings?: ((id: string, expiresAt: number) => Promise<boolean | undefined>) | undefined;
}

/**
 * DPoP proofs that were used (RFC 9449 section 11.1). Two sets that take turns: what is in the older one has expired by
 * the time it is emptied, so nothing has to be looked through. With Redis all gateways share them; while Redis is away
 * each remembers its own with all its workers, which still stops a replay at the gateway that saw the proof.
 */
export class SeenProofs {
  private newer = new Set<string>();
  private older = new Set<string>();
  private turnsAt = 0;

  constructor(private readonly options: SeenProofsOptions) {}

  get size(): number {
    return this.newer.size + this.older.size;
  }

  /** Undefined when there are too many to say. */
  firstUse(id: string, expiresAt: number): boolean | undefined | Promise<boolean | undefined> {
    const now = this.options.now();
    this.turn(now);
    if (this.newer.has(id) || this.older.has(id)) return false;
    // Forgetting some instead would let whoever sends many proofs replay one.
    if (this.newer.size >= this.options.maxEntries) return undefined;
    this.newer.add(id);
    const { shared, siblings } = this.options;
    if (shared === undefined || shared.redis.status !== 'ready') return siblings?.(id, expiresAt) ?? true;
    const key = shared.keys.usedProof(id);
    return shared.redis.set(key, '1', 'PX', Math.max(1, Math.ceil(expiresAt - now)), 'NX').then(
      (stored) => stored === 'OK',
      () => siblings?.(id, expiresAt) ?? true,
    );
  }

  private turn(now: number): void {
    if (now < this.turnsAt) return;
    // After a pause of two turns all of it has expired.
    this.older = now < this.turnsAt + this.options.longestMillis ? this.newer : new Set();
    this.newer = new Set();
    this.turnsAt = now + this.options.longestMillis;
  }
}
