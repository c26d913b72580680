import type { CompiledCatalog } from '../apis/compiled-catalog.js';
import type { Answers } from '../pipeline/answers.js';
import type { Exchange } from '../pipeline/exchange.js';
import type { EventQuota, Throttling } from '../pipeline/ports.js';
import type { Counters } from './counters.js';
import type { Meter } from './meter.js';
import type { MeterFinder } from './meter-finder.js';
import { payloadLength, watchPayload } from './payload.js';
import { refusal } from './refusal.js';
import type { StrictCounts } from './strict-counts.js';
import type { ThrottleCounts } from './throttle-counts.js';

export interface ThrottleGateOptions {
  readonly counters: Counters;
  readonly finder: MeterFinder;
  readonly counts: ThrottleCounts;
  readonly now: () => number;
  /** For connections that outlive the catalogue they began with. */
  readonly catalog: () => CompiledCatalog | undefined;
  /** Undefined without Redis. */
  readonly strict: StrictCounts | undefined;
  /** Whether answers to calls that pass say what is left. */
  readonly tellsLimits: boolean;
}

/**
 * Holds a call against all of its limits, and counts it only when it is within every one: a refused call uses up
 * nothing. Where no limit is strict, it is decided at once, and nothing is allocated for a call that passes.
 */
export class ThrottleGate implements Throttling, EventQuota {
  readonly #options: ThrottleGateOptions;
  /** Of the call at hand. One array for all calls, since none gives way to another while it is in use. */
  readonly #meters: Meter[] = [];

  constructor(options: ThrottleGateOptions) {
    this.#options = options;
  }

  admit(exchange: Exchange, answers: Pick<Answers, 'fail'>): void | Promise<void> {
    const meters = this.#meters;
    const count = this.#options.finder.find(exchange, exchange.catalog.limits, meters);
    if (count === 0) return;
    const now = this.#options.now();
    const length = hasUnit(meters, count, 'bytes') ? payloadLength(exchange) : 0;
    const over = firstOver(meters, count, now, length ?? 0);
    if (over !== undefined) this.#refuse(exchange, over, now);
    const { strict } = this.#options;
    if (strict?.isUsable && hasStrict(meters, count)) {
      // A copy: other calls come and go while Redis is asked.
      return this.#admitStrictly(exchange, strict, { meters: meters.slice(0, count), length, answers });
    }
    this.#count(meters, count, length ?? 0);
    if (this.#options.tellsLimits) exchange.rateLimit = tightest(meters, count);
    if (length === undefined) this.#watch(exchange, meters.slice(0, count), answers);
  }

  countEvent(exchange: Exchange, bytes: number): boolean {
    const meters = this.#meters;
    const { limits } = this.#options.catalog() ?? exchange.catalog;
    const count = this.#options.finder.find(exchange, limits, meters);
    const over = firstOver(meters, count, this.#options.now(), bytes);
    if (over !== undefined) {
      this.#options.counts.refused(over.level);
      return false;
    }
    for (let i = 0; i < count; i++) {
      const meter = meters[i] as Meter;
      this.#options.counters.add(meter.counter, meter.unit === 'bytes' ? bytes : 1);
    }
    return true;
  }

  /** The limits that are not strict are taken first, so that many calls at once do not all find the same room. */
  async #admitStrictly(
    exchange: Exchange,
    strict: StrictCounts,
    { meters, length, answers }: { meters: Meter[]; length: number | undefined; answers: Pick<Answers, 'fail'> },
  ): Promise<void> {
    const { now } = this.#options;
    const exact = meters.filter(({ isStrict }) => isStrict);
    const others = meters.filter(({ isStrict }) => !isStrict);
    this.#count(others, others.length, length ?? 0);
    const turns = others.map(({ counter }) => counter.turns);
    const giveBack = () => this.#giveBack(others, turns, length ?? 0);
    const verdict = await strict.take(exact, length ?? 0);
    if (verdict === 'unknown') {
      // Redis is away: this gateway counts for itself, never without a limit and never by waiting.
      const over = firstOver(exact, exact.length, now(), length ?? 0);
      if (over !== undefined) {
        giveBack();
        this.#refuse(exchange, over, now());
      }
      this.#count(exact, exact.length, length ?? 0);
    } else if (verdict !== 'taken') {
      giveBack();
      this.#refuse(exchange, verdict, now());
    }
    if (this.#options.tellsLimits) exchange.rateLimit = tightest(meters, meters.length);
    if (length === undefined) this.#watch(exchange, meters, answers);
  }

  #count(meters: readonly Meter[], count: number, length: number): void {
    const { counters } = this.#options;
    for (let i = 0; i < count; i++) {
      const meter = meters[i] as Meter;
      counters.add(meter.counter, costOf(meter, length));
    }
  }

  /** Not into another window, nor where a reset has forgotten it already. */
  #giveBack(meters: readonly Meter[], turns: readonly number[], length: number): void {
    meters.forEach((meter, i) => {
      if (meter.counter.turns === turns[i]) this.#options.counters.add(meter.counter, -costOf(meter, length));
    });
  }

  /** A payload of unknown length is counted as it comes; the piece that is too much ends the call. */
  #watch(exchange: Exchange, meters: readonly Meter[], answers: Pick<Answers, 'fail'>): void {
    const { counters, now, counts } = this.#options;
    const byBytes = meters.filter(({ unit }) => unit === 'bytes');
    watchPayload(exchange, (bytes) => {
      const over = firstOver(byBytes, byBytes.length, now(), bytes);
      if (over === undefined) {
        for (const { counter } of byBytes) counters.add(counter, bytes);
        return true;
      }
      counts.refused(over.level);
      answers.fail(exchange, refusal(over, now()));
      return false;
    });
  }

  #refuse(exchange: Exchange, over: Meter, now: number): never {
    this.#options.counts.refused(over.level);
    exchange.rateLimit = over;
    throw refusal(over, now);
  }
}

function costOf({ unit }: Meter, length: number): number {
  if (unit === 'requests') return 1;
  return unit === 'bytes' ? length : 0;
}

/** The first limit that has no room for the call; also brings their windows up to now. */
function firstOver(meters: readonly Meter[], count: number, now: number, length: number): Meter | undefined {
  let over: Meter | undefined;
  for (let i = 0; i < count; i++) {
    const meter = meters[i] as Meter;
    const { counter } = meter;
    counter.at(now);
    // Even a call without payload needs room: a used up quota is used up.
    const needed = meter.unit === 'bytes' && length > 1 ? length : 1;
    if (over === undefined && meter.stops && counter.used + needed > meter.amount) over = meter;
  }
  return over;
}

/** The limit on calls that has least left, for the answer's headers. */
function tightest(meters: readonly Meter[], count: number): Meter | undefined {
  let least: Meter | undefined;
  for (let i = 0; i < count; i++) {
    const meter = meters[i] as Meter;
    if (!meter.stops || meter.unit !== 'requests') continue;
    if (least === undefined || meter.amount - meter.counter.used < least.amount - least.counter.used) least = meter;
  }
  return least;
}

function hasUnit(meters: readonly Meter[], count: number, unit: Meter['unit']): boolean {
  for (let i = 0; i < count; i++) if ((meters[i] as Meter).unit === unit) return true;
  return false;
}

function hasStrict(meters: readonly Meter[], count: number): boolean {
  for (let i = 0; i < count; i++) if ((meters[i] as Meter).isStrict) return true;
  return false;
}
