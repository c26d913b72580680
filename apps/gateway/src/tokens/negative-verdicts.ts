import type { TokenVerdict } from '../pipeline/ports.js';
import { TwoGenerations } from './two-generations.js';

export type Refusal = Extract<TokenVerdict, { state: 'invalid' | 'expired' }>;

export const invalid: Refusal = { state: 'invalid' };
export const expired: Refusal = { state: 'expired' };

/** Tokens lately refused, by hash: a flood of them costs the key manager one question each, and memory a bound. */
export class NegativeVerdicts {
  private readonly ttlMillis: number;
  private readonly entries: TwoGenerations<{ readonly verdict: Refusal; readonly until: number }>;

  constructor(ttlSeconds: number, capacity: number) {
    this.ttlMillis = ttlSeconds * 1_000;
    this.entries = new TwoGenerations(capacity);
  }

  get size(): number {
    return this.entries.size;
  }

  get(hashKey: string, now: number): Refusal | undefined {
    const entry = this.entries.get(hashKey);
    if (entry === undefined || entry.until <= now) return undefined;
    return entry.verdict;
  }

  add(hashKey: string, verdict: Refusal, now: number): void {
    if (this.ttlMillis > 0) this.entries.set(hashKey, { verdict, until: now + this.ttlMillis });
  }
}
