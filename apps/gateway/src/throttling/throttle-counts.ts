import type { LimitLevel } from './meter.js';

/** What the throttling of this gateway has done so far, for its metrics. */
export class ThrottleCounts {
  readonly byLevel = new Map<LimitLevel, number>();
  merges = 0;
  failedMerges = 0;
  /** Calls whose strict limits were counted here because Redis could not be asked. */
  countedAlone = 0;

  refused(level: LimitLevel): void {
    this.byLevel.set(level, (this.byLevel.get(level) ?? 0) + 1);
  }
}
