import type { FactChanges, Facts } from './fact-changes.js';

/** The bound when a notification is lost without anybody noticing, such as on a frozen connection. */
const keptMillis = 5_000;
const maxEntries = 10_000;

export interface MemoryLimits {
  readonly keptMillis?: number;
  readonly maxEntries?: number;
  readonly now?: () => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/**
 * What was read of some facts, for seconds, until they change. Bounded: the oldest goes first, and asking for what
 * does not exist leaves nothing behind.
 */
export class MemoryOfFacts<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #kept: number;
  readonly #max: number;
  readonly #now: () => number;
  #changes = 0;

  constructor(
    facts: Facts,
    private readonly changes: FactChanges,
    limits: MemoryLimits = {},
  ) {
    this.#kept = limits.keptMillis ?? keptMillis;
    this.#max = limits.maxEntries ?? maxEntries;
    this.#now = limits.now ?? (() => performance.now());
    changes.onChange((changed) => {
      if (changed !== facts) return;
      this.#changes += 1;
      this.#entries.clear();
    });
  }

  /** Undefined: it has to be read. */
  recall(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.until > this.#now() ? entry.value : undefined;
  }

  /** It is to be read again; what is being read now is not kept. */
  forget(key: string): void {
    this.#changes += 1;
    this.#entries.delete(key);
  }

  /** Reads and keeps it, unless it changes meanwhile: what was read before a change must not outlive it. */
  async read(key: string, reading: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const before = this.#changes;
    const until = this.#now() + this.#kept;
    const value = await reading();
    if (before !== this.#changes || !this.changes.isHearing) return value;
    this.#entries.delete(key);
    if (value === undefined) return undefined;
    if (this.#entries.size >= this.#max) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    this.#entries.set(key, { value, until });
    return value;
  }
}
