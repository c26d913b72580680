import type { Clock } from './clock.js';

/** The two ways revocations reach a gateway; one that is live is enough. */
export type RevocationChannel = 'redis' | 'grpc';

/**
 * Whether this gateway hears revocations, and so how old a verification may be and still be trusted. While it hears
 * them, any; once it is deaf, everything has `localTtlSeconds` from the moment it was last known to be good.
 */
export class Hearing {
  private readonly clock: Clock;
  private readonly localTtlMillis: number;
  private readonly live = { redis: false, grpc: false };
  private deafSince: number | undefined;
  private verifiedFloor = 0;
  private cachedFloor = 0;
  private hasHeard = false;

  constructor(localTtlSeconds: number, clock: Clock) {
    this.clock = clock;
    this.localTtlMillis = localTtlSeconds * 1_000;
    this.deafSince = clock.now();
  }

  get isHearing(): boolean {
    return this.deafSince === undefined;
  }

  /** Records the state of a channel. `lastHeardAt` back-dates the loss of one that had been silent for a while. */
  set(channel: RevocationChannel, live: boolean, lastHeardAt?: number): void {
    if (channel === 'redis' && live && !this.live.redis && !this.live.grpc) this.redisAloneIsLive();
    this.live[channel] = live;
    this.hasHeard ||= live;
    if (this.live.redis || this.live.grpc) this.deafSince = undefined;
    else this.deafSince ??= lastHeardAt ?? this.clock.now();
  }

  /** Nothing verified up to this moment is trusted any more, wherever it is kept. */
  missedSome(): void {
    this.verifiedFloor = this.clock.now();
  }

  /**
   * Hearing begins, and what came before is not told: nothing that is in memory is trusted any more. What lies in
   * Redis is, for the key manager itself removes there what it revokes.
   */
  beganAnew(): void {
    this.cachedFloor = this.clock.now();
  }

  /** When the key manager vouched for something, and since when this process has kept it. */
  trusts({ verifiedAt, cachedAt }: { readonly verifiedAt: number; readonly cachedAt: number }, now: number): boolean {
    if (verifiedAt <= this.verifiedFloor || cachedAt <= this.cachedFloor) return false;
    if (this.deafSince === undefined) return true;
    return now - Math.max(verifiedAt, this.deafSince) < this.localTtlMillis;
  }

  /** Redis forgets what it published while nobody listened; only the gRPC stream says it afterwards. */
  private redisAloneIsLive(): void {
    if (this.hasHeard) this.missedSome();
    else this.beganAnew();
  }
}
