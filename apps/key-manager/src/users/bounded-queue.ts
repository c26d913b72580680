/** Refused: as many jobs wait as may wait, or nobody waits for this one any more. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

/** Runs at most `concurrency` jobs at once and lets at most `maxQueue` wait; one more throws `QueueFull` at once. */
export class BoundedQueue {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    private readonly concurrency: number,
    private readonly maxQueue: number,
    /** Asked when a job's turn has come: whether whoever queued it is gone. */
    private readonly isCallerGone: () => boolean = () => false,
  ) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.concurrency) {
      if (this.#waiting.length >= this.maxQueue) throw new QueueFull('too many jobs are waiting');
      // The job that ends hands its place over, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      if (this.isCallerGone()) throw new QueueFull('nobody waits for this job any more');
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
