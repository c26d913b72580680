import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import { StoreUnavailable } from '../../errors.js';

export interface PoolLimits {
  /** Most leases waiting; above it callers are refused at once. */
  readonly maxWaiting: number;
  /** How long a lease is waited for. */
  readonly waitMillis: number;
}

export const defaultLimits: PoolLimits = { maxWaiting: 1_000, waitMillis: 10_000 };

type Release = (error?: Error | boolean) => void;
type Connected = (error: Error | undefined, connection?: Lease, release?: Release) => void;

interface Waiting {
  grant(): void;
  refuse(error: Error): void;
}

/**
 * A pool of exactly one session, in the shape of `pg.Pool` that TypeORM uses. PGlite has one session for everybody: two
 * transactions on it would run into each other, so each holds it alone from its begin to its end.
 */
export class ExclusivePool extends EventEmitter {
  readonly #waiting: Waiting[] = [];
  #held: { readonly since: number } | undefined;
  #closed: StoreUnavailable | undefined;

  constructor(
    private readonly client: Client,
    private readonly limits: PoolLimits = defaultLimits,
  ) {
    super();
    client.on('error', (error) => this.#break(error));
  }

  connect(connected: Connected): void {
    this.#lease().then(
      (lease) => connected(undefined, lease, (error) => lease.end(error)),
      (error) => connected(error),
    );
  }

  /** Refuses those that wait, and waits for the lease that is out. */
  end(ended: (error?: Error) => void): void {
    this.#closed ??= new StoreUnavailable('The embedded database is closing');
    for (const { refuse } of this.#waiting.splice(0)) refuse(this.#closed);
    if (this.#held === undefined) ended();
    else this.once('idle', () => ended());
  }

  async #lease(): Promise<Lease> {
    if (this.#closed) throw this.#closed;
    if (this.#held === undefined) return this.#grant();
    if (this.#waiting.length >= this.limits.maxWaiting) {
      throw new StoreUnavailable(`${this.#waiting.length} callers wait for the embedded database already`);
    }
    await this.#turn();
    return this.#grant();
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        const held = this.#held === undefined ? 0 : Date.now() - this.#held.since;
        reject(
          new StoreUnavailable(
            `The embedded database was not free within ${this.limits.waitMillis} ms; the present lease is ${held} ms ` +
              'old. A transaction that asks for a second connection waits for itself.',
          ),
        );
      }, this.limits.waitMillis);
      const settle = (done: () => void) => () => {
        clearTimeout(timer);
        done();
      };
      const waiting: Waiting = { grant: settle(resolve), refuse: (error) => settle(() => reject(error))() };
      this.#waiting.push(waiting);
    });
  }

  #grant(): Lease {
    this.#held = { since: Date.now() };
    return new Lease(this.client, () => void this.#takeBack());
  }

  async #takeBack(): Promise<void> {
    try {
      // A lease given back inside a transaction would leave it to the next holder.
      if (this.client.getTransactionStatus() !== 'I') await this.client.query('rollback');
    } catch (error) {
      this.#break(error as Error);
    }
    const next = this.#waiting.shift();
    // Held until the next one has it, so that nobody slips in between.
    this.#held = next && { since: Date.now() };
    if (next === undefined) this.emit('idle');
    else next.grant();
  }

  #break(error: Error): void {
    // One line: an error of PGlite itself brings kilobytes of minified source with it.
    const [line] = error.message.split('\n');
    this.#closed ??= new StoreUnavailable(`The embedded database stopped: ${line}. Restart the key manager.`);
    this.emit('error', this.#closed);
    for (const { refuse } of this.#waiting.splice(0)) refuse(this.#closed);
  }
}

/** The session while it is held. Ends once; afterwards it answers nothing. */
class Lease extends EventEmitter {
  #ended = false;

  constructor(
    private readonly client: Client,
    private readonly takeBack: () => void,
  ) {
    super();
  }

  query(...parameters: Parameters<Client['query']>): unknown {
    if (this.#ended) throw new Error('The lease of the embedded database has ended');
    return this.client.query(...parameters);
  }

  end(_error?: Error | boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.takeBack();
  }
}
