/**
 * How much has been used in one window. Windows are fixed and aligned to the clock, so that all gateways mean the same
 * one without talking about it.
 */
export class Counter {
  /** In this window, as far as this gateway knows: its own calls and, where counts are shared, everybody's. */
  used = 0;
  /** Part of `used` that the others have not been told of. */
  pending = 0;
  /** Milliseconds since the epoch; 0 before the first window. */
  endsAt = 0;
  /** Counts what made earlier knowledge void: a new window, a reset. */
  turns = 0;

  constructor(
    /** What it is called in Redis, without the window. */
    readonly key: string,
    /** Counters of one tenant can be asked about together, also in a Redis Cluster. */
    readonly tenantDomain: string,
    readonly windowMillis: number,
    /** Shared by all who came when there were too many counters already. */
    readonly isOverflow: boolean,
  ) {}

  /** Starts the window that `now` is in, unless it runs. Most calls only compare. */
  at(now: number): void {
    const left = this.endsAt - now;
    // A clock that was set back must not leave a window standing for as long as it was set back.
    if (left <= 0 || left > 2 * this.windowMillis) this.#turn(now);
  }

  /** Which window it is in; the same number at all gateways. */
  get window(): number {
    return this.endsAt / this.windowMillis;
  }

  /** Nothing counts any more of what was counted in this window. */
  reset(): void {
    this.used = 0;
    this.pending = 0;
    this.turns++;
  }

  /**
   * What all gateways had used together, asked in a certain turn. Less than what is known means that Redis has forgotten
   * something.
   */
  learn(total: number, turn: number): void {
    if (turn !== this.turns) return;
    const used = total + this.pending;
    if (used > this.used) this.used = used;
  }

  /** As `learn`, where less is no news of a loss: something was given back. */
  correct(total: number, turn: number): void {
    if (turn === this.turns) this.used = total + this.pending;
  }

  #turn(now: number): void {
    this.endsAt = (Math.floor(now / this.windowMillis) + 1) * this.windowMillis;
    this.reset();
  }
}
