import type { Meter } from './meter.js';
import type { Demand, SharedCounts } from './shared-counts.js';
import type { ThrottleCounts } from './throttle-counts.js';

/** Asks Redis for every call, so that no more get through than the limit says, whatever the number of gateways. */
export class StrictCounts {
  constructor(
    private readonly shared: SharedCounts,
    private readonly counts: ThrottleCounts,
  ) {}

  /** False while Redis is away: then each gateway counts for itself. */
  get isUsable(): boolean {
    return this.shared.isUsable;
  }

  /** The meter without room, or whether the call was counted; `unknown` when Redis did not say in time. */
  async take(meters: readonly Meter[], length: number): Promise<Meter | 'taken' | 'unknown'> {
    const groups = byTenant(meters);
    try {
      const verdicts = await Promise.all(groups.map((group) => this.#takeGroup(group, length)));
      const over = verdicts.find((verdict) => verdict !== undefined);
      if (over === undefined) return 'taken';
      // Only calls that concern several tenants have several groups.
      const taken = groups.filter((_, i) => verdicts[i] === undefined);
      await Promise.all(taken.map((group) => this.#giveBack(group, length)));
      return over;
    } catch {
      this.counts.countedAlone += 1;
      return 'unknown';
    }
  }

  async #takeGroup(meters: readonly Meter[], length: number): Promise<Meter | undefined> {
    const turns = meters.map(({ counter }) => counter.turns);
    const [place = 0, ...rest] = await this.shared.take(meters.map((meter) => demand(meter, length)));
    if (place === 0) {
      for (const [i, { counter }] of meters.entries()) counter.learn(rest[i] ?? 0, turns[i] ?? 0);
      return undefined;
    }
    const over = meters[place - 1];
    over?.counter.learn(rest[0] ?? 0, turns[place - 1] ?? 0);
    return over;
  }

  async #giveBack(meters: readonly Meter[], length: number): Promise<void> {
    const costly = meters.filter((meter) => costOf(meter, length) > 0);
    if (costly.length === 0) return;
    const counters = costly.map(({ counter }) => counter);
    const turns = counters.map((counter) => counter.turns);
    const deltas = costly.map((meter) => -costOf(meter, length));
    const totals = await this.shared.add(counters, deltas);
    for (const [i, counter] of counters.entries()) counter.correct(totals[i] ?? 0, turns[i] ?? 0);
  }
}

function demand(meter: Meter, length: number): Demand {
  const needed = meter.unit === 'bytes' && length > 1 ? length : 1;
  return { counter: meter.counter, amount: meter.amount, needed, cost: costOf(meter, length) };
}

function costOf({ unit }: Meter, length: number): number {
  if (unit === 'requests') return 1;
  return unit === 'bytes' ? length : 0;
}

function byTenant(meters: readonly Meter[]): readonly (readonly Meter[])[] {
  const groups = new Map<string, Meter[]>();
  for (const meter of meters) {
    const { tenantDomain } = meter.counter;
    const group = groups.get(tenantDomain);
    if (group === undefined) groups.set(tenantDomain, [meter]);
    else group.push(meter);
  }
  return [...groups.values()];
}
