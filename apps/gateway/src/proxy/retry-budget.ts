/**
 * How many calls of an endpoint may be sent again. Every first attempt earns a fifth of a retry, and a few are there
 * from the start: a backend that fails altogether gets a fifth more calls, and never twice as many.
 */
export class RetryBudget {
  #balance = reserve;

  /** A call was sent for the first time. */
  earn(): void {
    if (this.#balance < reserve) this.#balance = Math.min(reserve, this.#balance + earned);
  }

  /** False when all retries are used up. */
  spend(): boolean {
    if (this.#balance < 1) return false;
    this.#balance -= 1;
    return true;
  }
}

const reserve = 10;
const earned = 0.2;
