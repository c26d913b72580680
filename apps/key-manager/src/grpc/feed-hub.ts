import type { Logger } from '@keygate/common/logging';

/** One committed entry of an ordered feed. */
export interface FeedEntry<T> {
  readonly position: number;
  readonly item: T;
}

/** Where a hub reads from; `since` answers undefined when some of the entries were swept away already. */
export interface FeedSource<T> {
  position(): Promise<number>;
  since(position: number, limit: number): Promise<readonly FeedEntry<T>[] | undefined>;
}

const batch = 500;
const retryMillis = 250;

/**
 * Reads an ordered feed once for everybody who follows it, and keeps its newest entries. Followers pull at their own
 * speed: a slow one costs no memory here, it falls out of the ring and catches up from the feed or starts over.
 */
export class FeedHub<T> {
  #ring: FeedEntry<T>[] = [];
  #position = 0;
  #waiting: (() => void)[] = [];
  #reading: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #readable = true;

  constructor(
    readonly name: string,
    private readonly source: FeedSource<T>,
    private readonly logger: Logger,
    private readonly ringSize = 4_096,
  ) {}

  /** The newest position this process knows to be committed. */
  get position(): number {
    return this.#position;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async start(): Promise<void> {
    this.#position = await this.source.position();
  }

  /** Something may have been committed: read on. Never waits, never throws. */
  poke(): void {
    if (this.#closed) return;
    this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
  }

  /** Entries after `position` in order, at most a batch; undefined when they cannot all be had any more. */
  async since(position: number): Promise<readonly FeedEntry<T>[] | undefined> {
    if (position === this.#position) return [];
    if (position > this.#position) {
      // From a reader that heard it first, or from another database, or from one that was restored since.
      if (position > (await this.source.position())) return undefined;
      this.poke();
      return [];
    }
    const oldest = this.#ring[0];
    if (oldest && oldest.position <= position + 1) {
      const start = this.#ring.findIndex((entry) => entry.position > position);
      return this.#ring.slice(start, start + batch);
    }
    return this.source.since(position, batch);
  }

  /** Resolves when there is an entry after `position`, after `millis`, on abort or at the end, whichever comes first. */
  async changed(position: number, millis: number, signal: AbortSignal): Promise<void> {
    if (this.#position > position || this.#closed || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting = this.#waiting.filter((waiter) => waiter !== wake);
        resolve();
      };
      const timer = setTimeout(wake, millis);
      signal.addEventListener('abort', wake);
      this.#waiting.push(wake);
    });
  }

  /** Reads everything that was committed before the call; false when the feed could not be read. */
  async caughtUp(): Promise<boolean> {
    this.poke();
    await this.#reading;
    return this.#readable;
  }

  /** Followers come to their end. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeAll();
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#readBatch();
        this.#readable = true;
      } catch (error) {
        this.#readable = false;
        this.logger.warn({ err: error, feed: this.name }, 'feed could not be read, trying again');
        setTimeout(() => this.poke(), retryMillis).unref();
      }
    }
  }

  async #readBatch(): Promise<void> {
    const entries = await this.source.since(this.#position, batch);
    if (!entries) {
      this.#ring = [];
      this.#position = await this.source.position();
    } else if (entries.length > 0) {
      this.#ring = [...this.#ring, ...entries].slice(-this.ringSize);
      this.#position = entries.at(-1)?.position ?? this.#position;
      this.#again ||= entries.length === batch;
    } else {
      return;
    }
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
