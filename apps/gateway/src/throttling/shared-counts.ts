/** Which counter is meant, in which window. */
export interface SharedKey {
  readonly key: string;
  readonly tenantDomain: string;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly window: number;
}

/** What is asked for one counter of a strict limit. */
export interface Demand {
  readonly counter: SharedKey;
  readonly amount: number;
  readonly needed: number;
  readonly cost: number;
}

/** The counts of all gateways together. Each call is about counters of one tenant, and rejects rather than waits. */
export interface SharedCounts {
  /** False: do not ask, nobody would answer. */
  readonly isUsable: boolean;
  /** Finds out whether it is usable again. Never rejects. */
  probe(): Promise<void>;
  /** Answers the totals, in the same order. */
  add(counters: readonly SharedKey[], deltas: readonly number[]): Promise<number[]>;
  /**
   * Adds to all, or to none when one has no room. The first number is 0 and the totals follow, or it is the place of the
   * one without room, counted from 1, and what it has follows.
   */
  take(demands: readonly Demand[]): Promise<number[]>;
  /** Empties a counter once for each revision, however many ask, and answers what has been counted since. */
  reset(counter: SharedKey, revision: number): Promise<number>;
}
