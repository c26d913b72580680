import type { CachedToken } from './cached-token.js';
import { TokenRecords } from './token-records.js';

/**
 * The bounded table of known tokens, found by their hash, on a request as on a revocation. Like `TwoGenerations` it drops
 * what has not been read for longest: the older half goes when the younger one is full, and what is read in it moves up.
 */
export class TokenTable {
  private readonly half: number;
  private young = new TokenRecords();
  private old = new TokenRecords();
  /** How many of the older half have moved up and lie there for nothing. */
  private moved = 0;

  constructor(capacity: number) {
    this.half = Math.max(1, Math.floor(capacity / 2));
  }

  get size(): number {
    return this.young.size + this.old.size - this.moved;
  }

  /** The record itself, to read and to mark; only for as long as nothing is added. */
  get(hashKey: string): CachedToken | undefined {
    const number = this.young.find(hashKey);
    if (number >= 0) return this.young.view(number);
    const older = this.old.find(hashKey);
    if (older < 0) return undefined;
    // When the younger half is full, the older one is dropped, but not before this record has been read.
    const view = this.old.view(older);
    if (this.young.size >= this.half) this.turn();
    else this.moved += 1;
    return this.young.view(this.young.put(view));
  }

  /** `token.hashKey` says where. */
  set(token: CachedToken): void {
    if (this.young.find(token.hashKey) < 0) {
      if (this.young.size >= this.half) this.turn();
      if (this.old.find(token.hashKey) >= 0) this.moved += 1;
    }
    this.young.put(token);
  }

  private turn(): void {
    this.old = this.young;
    this.young = new TokenRecords();
    this.moved = 0;
  }
}
