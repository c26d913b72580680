import type { Exchange } from '../pipeline/exchange.js';
import { faults, GatewayError } from '../pipeline/gateway-errors.js';
import type { Relay } from './relay.js';

/** Says whether a call that was let in would be let in again; throws the GatewayError that it would end with. */
export type Review = (exchange: Exchange) => void | Promise<void>;

interface Entry {
  readonly exchange: Exchange;
  readonly relay: Relay;
  isUnderReview: boolean;
}

/** How often a part of the connections is looked at, and how many parts there are: each is seen every 400 ms. */
const tickMillis = 50;
const parts = 8;

/**
 * The WebSocket connections that are open or being opened: at most so many, ended when the caller would no longer be let
 * in, and told when the gateway goes.
 */
export class OpenConnections {
  readonly #entries = new Set<Entry>();
  #opening = 0;
  #isDraining = false;
  #rest: Iterator<Entry> = [][Symbol.iterator]();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly maxConnections: number,
    private readonly review: Review,
  ) {}

  get size(): number {
    return this.#entries.size + this.#opening;
  }

  /** Takes a place until `add` or `giveUp`. */
  reserve(): void {
    if (this.#isDraining || this.size >= this.maxConnections) {
      const description = this.#isDraining ? { description: 'The gateway is stopping. Connect again.' } : {};
      throw new GatewayError('tooManyWebSockets', { ...description, headers: ['Retry-After', '1'] });
    }
    this.#opening += 1;
  }

  giveUp(): void {
    this.#opening -= 1;
  }

  /** Answers a function that takes it out again. */
  add(exchange: Exchange, relay: Relay): () => void {
    this.#opening -= 1;
    const entry = { exchange, relay, isUnderReview: false };
    this.#entries.add(entry);
    this.#timer ??= setInterval(this.#tick, tickMillis).unref();
    if (this.#isDraining) queueMicrotask(() => relay.close(goingAway));
    return () => {
      this.#entries.delete(entry);
      if (this.#entries.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Every connection ends with 1001, so that its client connects to another gateway. */
  drain(): void {
    this.#isDraining = true;
    for (const { relay } of this.#entries) relay.close(goingAway);
  }

  #tick = (): void => {
    for (let left = Math.ceil(this.#entries.size / parts); left > 0; left--) {
      let next = this.#rest.next();
      if (next.done) {
        this.#rest = this.#entries.values();
        next = this.#rest.next();
        if (next.done) return;
      }
      this.#look(next.value);
    }
  };

  #look(entry: Entry): void {
    if (entry.isUnderReview) return;
    try {
      const pending = this.review(entry.exchange);
      if (pending === undefined) return;
      entry.isUnderReview = true;
      pending.then(
        () => {
          entry.isUnderReview = false;
        },
        (error: unknown) => end(entry, error),
      );
    } catch (error) {
      end(entry, error);
    }
  }
}

const goingAway = { code: 1001, reason: 'the gateway is going away' };

/** 1008: the caller may not do this any more. 1013: nobody can say at the moment. */
function end({ exchange, relay }: Entry, error: unknown): void {
  const fault = error instanceof GatewayError ? error.fault : 'gatewayBug';
  exchange.fault = fault;
  const { status, code, message } = faults[fault];
  relay.close({ code: status >= 500 ? 1013 : 1008, reason: `${code} ${message}` });
}
