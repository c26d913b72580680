/** Something that must not take for ever. */
export interface Bounded {
  /** In `Deadlines.now`; `Infinity` while nothing is waited for. */
  dueAt: number;
  expired(): void;
}

const tickMillis = 50;

/**
 * One timer for all connections. Arming one is a store of a number, which a request does three times; Node's own timers
 * would be moved between lists each time. A deadline is kept to within 100 ms, and never early.
 */
export class Deadlines {
  readonly #bounded = new Set<Bounded>();
  #timer: NodeJS.Timeout | undefined;
  #now = performance.now();

  /** When something that may take so long is due. */
  in(millis: number): number {
    return this.#now + millis + tickMillis;
  }

  add(bounded: Bounded): void {
    this.#bounded.add(bounded);
    if (this.#timer !== undefined) return;
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#tick(), tickMillis);
    // Whoever waits for an answer holds a socket; idle connections must not hold the process.
    this.#timer.unref();
  }

  remove(bounded: Bounded): void {
    this.#bounded.delete(bounded);
    if (this.#bounded.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    this.#now = performance.now();
    for (const bounded of this.#bounded) {
      if (bounded.dueAt > this.#now) continue;
      bounded.dueAt = Number.POSITIVE_INFINITY;
      bounded.expired();
    }
  }
}
