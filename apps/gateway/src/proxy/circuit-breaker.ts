export interface BreakerSettings {
  /** Failures in a row after which an address is left alone. */
  readonly failuresToOpen: number;
  /** For so long, milliseconds. */
  readonly openMillis: number;
  /** An address that fails its trial is left alone longer by this factor, up to `maxOpenMillis`. */
  readonly openFactor: number;
  readonly maxOpenMillis: number;
}

export type BreakerState = 'closed' | 'open' | 'halfOpen';

/** Hears every change of state. */
export type BreakerObserver = (breaker: CircuitBreaker, state: BreakerState) => void;

/**
 * Leaves an address alone that does not answer. After its time one call is let through as a trial: its answer closes
 * the breaker, its failure opens it again for longer. Times are milliseconds of one monotonic clock.
 */
export class CircuitBreaker {
  #state: BreakerState = 'closed';
  #failures = 0;
  #openMillis: number;
  #openUntil = 0;
  #hasTrial = false;

  constructor(
    private readonly settings: BreakerSettings,
    private readonly changed: BreakerObserver,
  ) {
    this.#openMillis = settings.openMillis;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** When the next trial may be made. */
  get openUntil(): number {
    return this.#openUntil;
  }

  admits(now: number): boolean {
    return this.#state === 'closed' || (!this.#hasTrial && now >= this.#openUntil);
  }

  /** A call goes to the address, which `admits` it. */
  called(): void {
    if (this.#state === 'closed') return;
    this.#hasTrial = true;
    this.#become('halfOpen');
  }

  succeeded(): void {
    this.#failures = 0;
    if (this.#state === 'closed') return;
    this.#hasTrial = false;
    this.#openMillis = this.settings.openMillis;
    this.#become('closed');
  }

  failed(now: number): void {
    this.#failures++;
    const isTrial = this.#state === 'halfOpen';
    // Calls that were under way when it opened say nothing new.
    if (this.#state === 'open' || (!isTrial && this.#failures < this.settings.failuresToOpen)) return;
    const { openFactor, maxOpenMillis, openMillis } = this.settings;
    this.#openMillis = isTrial ? Math.min(this.#openMillis * openFactor, maxOpenMillis) : openMillis;
    this.#hasTrial = false;
    this.#openUntil = now + this.#openMillis;
    this.#become('open');
  }

  /** The call ended without saying anything about the address: its client left. */
  undecided(): void {
    if (this.#state !== 'halfOpen') return;
    this.#hasTrial = false;
    this.#become('open');
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.changed(this, state);
  }
}
