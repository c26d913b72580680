import type { Logger } from '@keygate/common/logging';
import type { Janitor } from '../storage/ports.js';

export interface JanitorSettings {
  readonly batchRows: number;
  /** Rest once nothing is left to sweep. */
  readonly restMillis: number;
  /** The part of the time in which a batch is under way, while the backlog is small and while it is not. */
  readonly share: number;
  readonly hurriedShare: number;
  /** A backlog that is older than this is swept in a hurry, or the tables would grow without end. */
  readonly hurryAfterMillis: number;
}

const defaults: JanitorSettings = {
  batchRows: 500,
  restMillis: 60_000,
  share: 0.1,
  hurriedShare: 0.3,
  hurryAfterMillis: 10 * 60_000,
};

const lookMillis = 5_000;

interface Observed {
  swept(rows: number): void;
  backlog(seconds: number): void;
}

/**
 * Deletes rows that nothing needs any more, in small batches with rests between them: sweeping at full speed would take
 * almost half of what the database can issue. Several key managers sweep at once, without a leader: every row goes
 * once, whoever takes it, a batch skips what another one holds, and a lock would have to be kept on a connection of its
 * own, which poolers in front of the database do not give.
 */
export class Sweeper {
  readonly #stopped = new AbortController();
  #batch: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isHurried = false;
  #lookAgainAt = 0;

  constructor(
    private readonly janitor: Janitor,
    private readonly observed: Observed,
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
    await this.#batch;
  }

  #schedule(millis: number): void {
    if (this.#stopped.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#batch = this.#sweep().then((rest) => this.#schedule(rest));
    }, millis);
    this.#timer.unref();
  }

  /** Answers how long to rest. */
  async #sweep(): Promise<number> {
    const { batchRows, restMillis, share, hurriedShare } = this.settings;
    const begin = performance.now();
    try {
      const rows = await this.janitor.sweepExpired(batchRows);
      const took = performance.now() - begin;
      this.observed.swept(rows);
      await this.#look();
      if (rows === 0) return restMillis;
      this.logger.debug({ rows }, 'expired rows deleted');
      return Math.min(restMillis, took / (this.#isHurried ? hurriedShare : share) - took);
    } catch (error) {
      this.logger.warn({ err: error }, 'expired rows could not be deleted, trying again later');
      return restMillis;
    }
  }

  /** Now and then: it reads as much of the indexes as a small batch does. */
  async #look(): Promise<void> {
    if (performance.now() < this.#lookAgainAt) return;
    this.#lookAgainAt = performance.now() + lookMillis;
    const backlog = await this.janitor.backlogMillis();
    this.observed.backlog(backlog / 1_000);
    this.#isHurried = backlog > this.settings.hurryAfterMillis;
  }
}
