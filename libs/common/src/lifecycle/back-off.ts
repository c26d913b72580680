const firstMillis = 250;
const longestMillis = 10_000;
/** A process that ran this long is taken for well again. */
const wellMillis = 30_000;

/** How long to wait before the next restart: doubles with every quick end, starts over after a good run. */
export class BackOff {
  private next = firstMillis;

  after(ranMillis: number): number {
    if (ranMillis >= wellMillis) this.next = firstMillis;
    const wait = this.next;
    this.next = Math.min(this.next * 2, longestMillis);
    return wait;
  }
}
