import type { Clock } from '../../oauth2/ports.js';

/** A bounded map whose entries end by themselves; when it is full, the entry that was set first goes. */
export class RecentMap<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly expiresAt: number }>();

  constructor(
    private readonly maxEntries: number,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > this.clock.now() ? entry.value : undefined;
  }

  set(key: string, value: T, lifeMillis: number): void {
    // A Map keeps the order of insertion: whatever is set again becomes the youngest.
    this.#entries.delete(key);
    this.#sweep();
    this.#entries.set(key, { value, expiresAt: this.clock.now() + lifeMillis });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** A few of the oldest for each one that comes: no timer, and no pause however many there are. */
  #sweep(): void {
    const now = this.clock.now();
    let looked = 0;
    for (const [key, { expiresAt }] of this.#entries) {
      const isFull = this.#entries.size >= this.maxEntries;
      if (!isFull && (looked >= 2 || expiresAt > now)) return;
      this.#entries.delete(key);
      looked += 1;
    }
  }
}
