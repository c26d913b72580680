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
  private floor = 0;

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
    // Redis forgets what it published while nobody listened; only the gRPC stream says it afterwards.
    const missed = channel === 'redis' && live && !this.live.redis && !this.live.grpc;
    this.live[channel] = live;
    if (missed) this.missedSome();
    if (this.live.redis || this.live.grpc) this.deafSince = undefined;
    else this.deafSince ??= lastHeardAt ?? this.clock.now();
  }

  /** Nothing verified up to this moment is trusted any more. */
  missedSome(): void {
    this.floor = this.clock.now();
  }

  trusts(verifiedAt: number, now: number): boolean {
    if (verifiedAt <= this.floor) return false;
    if (this.deafSince === undefined) return true;
    return now - Math.max(verifiedAt, this.deafSince) < this.localTtlMillis;
  }
}
