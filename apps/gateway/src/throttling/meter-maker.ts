import type { CompiledLimit, CompiledLimits } from '../apis/compiled-limits.js';
import type { Counted, Counters } from './counters.js';
import { type LimitLevel, Meter } from './meter.js';
import type { TierSource } from './tier-source.js';

/** What was found out for a compiled thing; good as long as no policy has changed and no counter was let go. */
export interface Found {
  readonly limits: CompiledLimits;
  readonly epoch: number;
}

export interface MeterKind {
  readonly level: LimitLevel;
  /** Name of the tier or rule the limit comes from; undefined for an API's own. */
  readonly tier: string | undefined;
  readonly stops: boolean;
}

/** Makes meters, the first time they are needed. */
export class MeterMaker {
  constructor(
    readonly counters: Counters,
    readonly tiers: TierSource,
    /** Whether the limits of a tier are exact across gateways, call by call. */
    private readonly isStrict: (tier: string | undefined) => boolean,
  ) {}

  isGood(found: Found | undefined, limits: CompiledLimits): boolean {
    return found !== undefined && found.epoch === this.counters.epoch && found.limits === limits;
  }

  make(
    { level, tier, stops }: MeterKind,
    counted: Omit<Counted, 'limit'>,
    limit: CompiledLimit | undefined,
  ): Meter | undefined {
    if (limit === undefined) return undefined;
    const counter = this.counters.of({ ...counted, of: `${level}|${counted.of}`, limit });
    return new Meter(level, limit, counter, stops, stops && this.isStrict(tier));
  }
}
