import type { Counter } from './counter.js';
import type { Counters } from './counters.js';
import type { SharedCounts } from './shared-counts.js';
import type { ThrottleCounts } from './throttle-counts.js';

/** More wait for the next interval: what is sent at once must not hold calls up. */
const mostAtOnce = 5_000;
const mostPerScript = 500;

export interface CountMergerOptions {
  readonly counters: Counters;
  readonly shared: SharedCounts;
  readonly counts: ThrottleCounts;
  readonly intervalMillis: number;
}

/**
 * Tells Redis every interval what was counted here, and learns from the answers what all gateways have counted. While
 * Redis is away counts pile up in their counters, at most one number each, and are told once it is back.
 */
export class CountMerger {
  readonly #options: CountMergerOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CountMergerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.merge(), this.#options.intervalMillis);
    this.#timer.unref();
  }

  /** Tells what is left to tell. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.merge();
  }

  /** One at a time: a slow Redis gets fewer and larger merges, not more of them. */
  async merge(): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    this.#running = this.#merge().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #merge(): Promise<void> {
    const { counters, shared, counts } = this.#options;
    if (!shared.isUsable) return shared.probe();
    const dirty = counters.takeDirty(mostAtOnce);
    if (dirty.length === 0) return;
    const results = await Promise.allSettled(batches(dirty).map((batch) => this.#send(batch)));
    counts.merges += 1;
    if (results.some(({ status }) => status === 'rejected')) counts.failedMerges += 1;
  }

  /**
   * What was sent counts as told even when no answer comes: a Redis that was only slow has counted it, and counting it
   * again with every attempt would use up limits that nobody used.
   */
  async #send(batch: readonly Counter[]): Promise<void> {
    const deltas = batch.map((counter) => counter.pending);
    const turns = batch.map((counter) => counter.turns);
    for (const counter of batch) counter.pending = 0;
    const totals = await this.#options.shared.add(batch, deltas);
    for (const [i, counter] of batch.entries()) counter.learn(totals[i] ?? 0, turns[i] ?? 0);
  }
}

/** By tenant, because a script may use the keys of one Cluster slot only. */
function batches(dirty: readonly Counter[]): Counter[][] {
  const open = new Map<string, Counter[]>();
  const all: Counter[][] = [];
  for (const counter of new Set(dirty)) {
    if (counter.pending === 0) continue;
    const batch = open.get(counter.tenantDomain);
    if (batch !== undefined && batch.length < mostPerScript) batch.push(counter);
    else {
      const next = [counter];
      open.set(counter.tenantDomain, next);
      all.push(next);
    }
  }
  return all;
}
