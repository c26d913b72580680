export interface BulkheadLimits {
  /** Most that run at once. */
  readonly running: number;
  /** Most that wait for that. */
  readonly waiting: number;
  /** Longest that one waits, milliseconds. */
  readonly waitMillis: number;
}

/** A bounded number of things at once and a bounded, timed queue, so that one slow backend fills no other's room. */
export class Bulkhead<T extends object> {
  #running = 0;
  #isRunningNext = false;
  readonly #waiting = new Map<T, NodeJS.Timeout>();

  constructor(
    private readonly limits: BulkheadLimits,
    private readonly run: (one: T) => void,
    private readonly waitedTooLong: (one: T) => void,
  ) {}

  /** Runs it now, or later in the order of coming. False: there is no room for it. */
  enter(one: T): boolean {
    if (this.#running < this.limits.running) {
      this.#running++;
      this.run(one);
      return true;
    }
    if (this.#waiting.size >= this.limits.waiting) return false;
    this.#waiting.set(
      one,
      setTimeout(() => this.waitedTooLong(one), this.limits.waitMillis),
    );
    return true;
  }

  /** Every one that entered leaves exactly once, whether it has run or not. */
  leave(one: T): void {
    const timer = this.#waiting.get(one);
    if (timer !== undefined) {
      clearTimeout(timer);
      this.#waiting.delete(one);
      return;
    }
    this.#running--;
    this.#runNext();
  }

  /** One that fails at once leaves within `run`: thousands of those must not run within each other. */
  #runNext(): void {
    if (this.#isRunningNext) return;
    this.#isRunningNext = true;
    try {
      while (this.#running < this.limits.running) {
        const next = this.#waiting.entries().next();
        if (next.done === true) return;
        const [waiter, timer] = next.value;
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        this.#running++;
        this.run(waiter);
      }
    } finally {
      this.#isRunningNext = false;
    }
  }

  isWaiting(one: T): boolean {
    return this.#waiting.has(one);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }
}
