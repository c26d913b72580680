import type { Demand, SharedCounts, SharedKey } from '../throttling/shared-counts.js';

interface Count {
  total: number;
  endsAt: number;
  /** Of the last reset. */
  revision: number;
}

/** A worker's last word about a window may come after its end. */
const graceMillis = 5_000;

/**
 * The counts of all workers of a gateway that has no Redis, in the primary. Without it a limit would hold once for each
 * worker. As large as the tables of the workers together, which are bounded.
 */
export class CommonCounters implements SharedCounts {
  readonly isUsable = true;
  private readonly counts = new Map<string, Count>();
  private sweptAt = 0;

  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.counts.size;
  }

  async probe(): Promise<void> {}

  async add(counters: readonly SharedKey[], deltas: readonly number[]): Promise<number[]> {
    this.sweep();
    return counters.map((counter, i) => {
      const count = this.countOf(counter);
      count.total += deltas[i] ?? 0;
      return count.total;
    });
  }

  async take(demands: readonly Demand[]): Promise<number[]> {
    this.sweep();
    const counts = demands.map(({ counter }) => this.countOf(counter));
    // JSON has no Infinity: an amount that is no number is one that is only counted.
    const over = demands.findIndex(
      ({ amount, needed }, i) => (counts[i] as Count).total + needed > (amount ?? Infinity),
    );
    if (over >= 0) return [over + 1, (counts[over] as Count).total];
    for (const [i, { cost }] of demands.entries()) (counts[i] as Count).total += cost;
    return [0, ...counts.map(({ total }) => total)];
  }

  async reset(counter: SharedKey, revision: number): Promise<number> {
    const count = this.countOf(counter);
    if (count.revision < revision) Object.assign(count, { revision, total: 0 });
    return count.total;
  }

  private countOf({ key, tenantDomain, window, endsAt }: SharedKey): Count {
    const name = `${tenantDomain}\n${key}\n${window}`;
    let count = this.counts.get(name);
    if (count === undefined) {
      count = { total: 0, endsAt, revision: 0 };
      this.counts.set(name, count);
    }
    return count;
  }

  private sweep(): void {
    const now = this.now();
    if (now < this.sweptAt + graceMillis) return;
    this.sweptAt = now;
    for (const [name, { endsAt }] of this.counts) if (endsAt + graceMillis < now) this.counts.delete(name);
  }
}
