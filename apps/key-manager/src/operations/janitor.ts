import type { Logger } from '@keygate/common/logging';
import type { Janitor } from '../storage/ports.js';

export interface JanitorSettings {
  readonly batchRows: number;
  /** Rest between two rounds. */
  readonly restMillis: number;
  /** A round that takes longer stops and goes on after the rest, so that sweeping never takes the database over. */
  readonly roundMillis: number;
}

const defaults: JanitorSettings = { batchRows: 500, restMillis: 60_000, roundMillis: 5_000 };

/**
 * Deletes rows that nothing needs any more, in small batches. Several key managers may sweep at once: a batch skips what
 * another one holds.
 */
export class Sweeper {
  readonly #stopped = new AbortController();
  #round: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly janitor: Janitor,
    private readonly swept: (rows: number) => void,
    private readonly logger: Logger,
    private readonly settings: JanitorSettings = defaults,
  ) {}

  start(): void {
    // Spread over the rest, so that key managers that start together do not sweep together.
    this.#schedule(Math.random() * this.settings.restMillis);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    await this.#round;
  }

  #schedule(millis: number): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#sweep().finally(() => {
        if (!this.#stopped.signal.aborted) this.#schedule(this.settings.restMillis);
      });
    }, millis);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    const end = performance.now() + this.settings.roundMillis;
    let total = 0;
    try {
      while (!this.#stopped.signal.aborted && performance.now() < end) {
        const rows = await this.janitor.sweepExpired(this.settings.batchRows);
        if (rows === 0) break;
        total += rows;
        this.swept(rows);
      }
      if (total > 0) this.logger.debug({ rows: total }, 'expired rows deleted');
    } catch (error) {
      this.logger.warn({ err: error }, 'expired rows could not be deleted, trying again later');
    }
  }
}
