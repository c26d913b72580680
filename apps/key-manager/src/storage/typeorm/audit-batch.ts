import { StoreUnavailable } from '../errors.js';
import { appendAudit, type TimedEvent } from './audit-rows.js';
import type { Database } from './database.js';

interface Waiting {
  readonly event: TimedEvent;
  resolve(): void;
  reject(error: unknown): void;
}

const maxWaiting = 10_000;
const maxBatch = 500;

/**
 * Appends the events that come in while another batch is being written by one transaction, so that a flood of refused
 * logins costs the lock on the head once per batch. Each caller hears of its own after the commit.
 */
export class AuditBatch {
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(private readonly db: Database) {}

  append(event: TimedEvent): Promise<void> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new StoreUnavailable('Too many audit events are waiting to be written'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  /** One batch at a time: two would only wait for each other at the head. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    // Whoever else records in this turn of the event loop comes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#flush(this.#waiting.splice(0, maxBatch));
    this.#isWriting = false;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.db.transaction((session) =>
        appendAudit(
          session,
          batch.map(({ event }) => event),
        ),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
