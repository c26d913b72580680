/** How much may be held in memory at once for messages that have to be read whole. */
export class ByteBudget {
  #held = 0;

  constructor(private readonly limit: number) {}

  get held(): number {
    return this.#held;
  }

  /** False, and nothing taken, when that would be too much. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.limit) return false;
    this.#held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}
