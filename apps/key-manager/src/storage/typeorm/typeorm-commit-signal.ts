import type { Logger } from '@keygate/common/logging';
import { StoreUnavailable } from '../errors.js';
import type { CommitSignal } from '../feeds.js';
import type { Database } from './database.js';

type Feed = 'catalog' | 'revocations';

const pollMillis = 500;

/**
 * Tells listeners of new numbers in the feeds, each once: from NOTIFY as they are committed, and from a poll for what
 * a lost notification would have said.
 */
export class TypeOrmCommitSignal implements CommitSignal {
  readonly #listeners = new Set<(feed: Feed) => void>();
  readonly #seen: Record<Feed, number> = { catalog: 0, revocations: 0 };
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly db: Database,
    private readonly logger: Logger,
  ) {}

  /** From here on changes are told; what was committed before is not. */
  async start(): Promise<void> {
    Object.assign(this.#seen, await this.#numbers());
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#listeners.clear();
    await this.#polling;
  }

  onCommit(listener: (feed: Feed) => void): () => void {
    // A wrapper, so that the same function can listen twice and each stop is its own.
    const own = (feed: Feed) => listener(feed);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Payload of NOTIFY: `<feed> <number>`. */
  notified(payload: string): void {
    const [feed, number] = payload.split(' ');
    if (feed === 'catalog' || feed === 'revocations') this.#reached(feed, Number(number));
  }

  #reached(feed: Feed, number: number): void {
    if (!(number > this.#seen[feed])) return;
    this.#seen[feed] = number;
    for (const listener of this.#listeners) {
      try {
        listener(feed);
      } catch (error) {
        this.logger.error({ err: error }, 'a listener of the commit signal failed');
      }
    }
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => this.#schedule());
    }, pollMillis);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    try {
      const { catalog, revocations } = await this.#numbers();
      this.#reached('catalog', catalog);
      this.#reached('revocations', revocations);
    } catch (error) {
      // The database is away: requests say so, and the next poll tries again.
      if (!(error instanceof StoreUnavailable)) this.logger.error({ err: error }, 'the feeds could not be polled');
    }
  }

  async #numbers(): Promise<Record<Feed, number>> {
    const rows = await this.db.run((session) =>
      session.rows<{ name: Feed; value: number }>('select name, value from counters'),
    );
    const numbers = { catalog: 0, revocations: 0 };
    for (const { name, value } of rows) numbers[name] = value;
    return numbers;
  }
}
