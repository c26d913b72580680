import type { CompiledLimit } from '../apis/compiled-limits.js';
import { Counter } from './counter.js';

export interface CountersOptions {
  /** Most counters with a principal of their own. */
  readonly maxCounters: number;
  /** Whether somebody takes what is pending; otherwise it is not kept. */
  readonly isShared: boolean;
}

/** What is counted: a limit, of whom. */
export interface Counted {
  /** Names the limit within its tenant: `subscription|<id>`. */
  readonly of: string;
  /** Whose use of it; undefined when all calls count together. */
  readonly principal?: string | undefined;
  readonly tenantDomain: string;
  readonly limit: CompiledLimit;
}

/** All counters of this gateway. They are found here once; what found them keeps them as long as `epoch` stays. */
export class Counters {
  readonly #byKey = new Map<string, Counter>();
  readonly #options: CountersOptions;
  #sweeping: Iterator<[string, Counter]> | undefined;
  #dirty: Counter[] = [];
  #overflows = 0;
  /** Another number: counters found before may be out of use. */
  epoch = 1;

  constructor(options: CountersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** How often there was no room for a counter of its own. */
  get overflows(): number {
    return this.#overflows;
  }

  /** Builds a key, so it is for finding a counter the first time, never for each call. */
  of({ of, principal, tenantDomain, limit }: Counted): Counter {
    const { windowMillis, unit } = limit;
    const key = `${tenantDomain}|${of}|${principal ?? ''}|${windowMillis}|${unit}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    // Forgetting a counter instead would give its limit back to whoever can make up enough names.
    const isOverflow = principal !== undefined && this.#byKey.size >= this.#options.maxCounters;
    if (!isOverflow) return this.#add(key, tenantDomain, windowMillis, false);
    this.#overflows += 1;
    const shared = `${tenantDomain}|${of}|*|${windowMillis}|${unit}`;
    return this.#byKey.get(shared) ?? this.#add(shared, tenantDomain, windowMillis, true);
  }

  add(counter: Counter, amount: number): void {
    if (amount === 0) return;
    counter.used += amount;
    if (!this.#options.isShared) return;
    // One entry for all calls of an interval; the array keeps its room between intervals.
    if (counter.pending === 0) this.#dirty.push(counter);
    counter.pending += amount;
  }

  /** At most so many of those with something pending, which are then no longer kept here. */
  takeDirty(most: number): Counter[] {
    if (this.#dirty.length <= most) {
      const all = this.#dirty;
      this.#dirty = [];
      return all;
    }
    return this.#dirty.splice(0, most);
  }

  get dirty(): number {
    return this.#dirty.length;
  }

  /** Counters of what begins with this, such as all users of an application. */
  startingWith(tenantDomain: string, prefix: string): Counter[] {
    const start = `${tenantDomain}|${prefix}`;
    return [...this.#byKey.values()].filter(({ key }) => key.startsWith(start));
  }

  /**
   * Lets counters go whose window is over, a few at a time so that no call waits for it. Only those: one that runs would
   * forget what was used.
   */
  sweep(now: number, most: number): void {
    this.#sweeping ??= this.#byKey.entries();
    let removed = false;
    for (let i = 0; i < most; i++) {
      const { done, value } = this.#sweeping.next();
      if (done === true) {
        this.#sweeping = undefined;
        break;
      }
      const [key, counter] = value;
      if (counter.endsAt > now) continue;
      counter.pending = 0;
      removed = this.#byKey.delete(key);
    }
    if (removed) this.epoch += 1;
  }

  #add(key: string, tenantDomain: string, windowMillis: number, isOverflow: boolean): Counter {
    const counter = new Counter(key, tenantDomain, windowMillis, isOverflow);
    this.#byKey.set(key, counter);
    return counter;
  }
}
