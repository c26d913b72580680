import type { Clock } from '../../oauth2/ports.js';
import { StoreUnavailable } from '../errors.js';
import type { Database } from './database.js';
import { type RotationRequest, rotate } from './token-rotation.js';

interface Waiting {
  readonly request: RotationRequest;
  resolve(isFirst: boolean): void;
  reject(error: unknown): void;
}

const maxWaiting = 20_000;
const maxBatch = 200;

/**
 * Rotates what waits by one transaction. Every rotation takes numbers of the revocation feed, whose row stays locked
 * until the commit: one by one they would queue there, each for a write to the disk, and hold all connections meanwhile.
 */
export class RotationBatch {
  #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** False: another request was first. Resolves after the commit. */
  rotate(request: RotationRequest): Promise<boolean> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new StoreUnavailable('Too many refresh tokens are waiting to be rotated'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    this.#isBusy = true;
    setImmediate(() => {
      void this.#commit(this.#take()).finally(() => {
        this.#isBusy = false;
        this.#begin();
      });
    });
  }

  /** At most one of each grant: which of two was first is for the database to say, one after the other. */
  #take(): Waiting[] {
    const grants = new Set<string>();
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    for (const entry of this.#waiting) {
      const { id } = entry.request.successor.grant;
      if (taken.length < maxBatch && !grants.has(id)) taken.push(entry);
      else left.push(entry);
      grants.add(id);
    }
    this.#waiting = left;
    return taken;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const requests = batch.map(({ request }) => request);
      const first = await this.db.hotTransaction((session) => rotate(session, this.clock.now(), requests));
      batch.forEach(({ resolve }, index) => {
        resolve(first[index] ?? false);
      });
    } catch (error) {
      // One that cannot be stored fails the transaction for all: try each alone, so that only its own caller hears of it.
      if (batch.length === 1 || error instanceof StoreUnavailable) for (const { reject } of batch) reject(error);
      else for (const entry of batch) await this.#commit([entry]);
    }
  }
}
