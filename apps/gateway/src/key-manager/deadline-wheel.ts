const slots = 512;

/**
 * Deadlines of many calls on one timer, late by at most a tick: a timer of its own costs more than a call. A call that is
 * over is simply not waited for any more; its number stays in its slot until the tick comes by.
 */
export class DeadlineWheel {
  private readonly wheel: number[][] = Array.from({ length: slots }, () => []);
  private readonly visit: (id: number, now: number) => number | undefined;
  private readonly tickMillis: number;
  private timer: NodeJS.Timeout | undefined;
  private lastTick = 0;
  private size = 0;

  /** `visit` ends what is due; when a call is not due yet it says at what `performance.now()` it is. */
  constructor(visit: (id: number, now: number) => number | undefined, tickMillis = 25) {
    this.visit = visit;
    this.tickMillis = tickMillis;
  }

  add(id: number, dueAt: number): void {
    if (this.timer === undefined) {
      this.lastTick = this.tickAt(performance.now());
      this.timer = setInterval(() => this.turn(), this.tickMillis);
    }
    // What is further away than one turn comes by early and is put in again.
    const tick = Math.min(Math.max(this.tickAt(dueAt), this.lastTick) + 1, this.lastTick + slots - 1);
    this.wheel[tick % slots]?.push(id);
    this.size += 1;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private turn(): void {
    const now = performance.now();
    const end = this.tickAt(now);
    // After a pause of the process longer than a whole turn, every slot is visited once.
    this.lastTick = Math.max(this.lastTick, end - slots);
    while (this.lastTick < end) {
      this.lastTick += 1;
      this.empty(this.lastTick % slots, now);
    }
    if (this.size === 0) this.stop();
  }

  private empty(slot: number, now: number): void {
    const ids = this.wheel[slot];
    if (ids === undefined || ids.length === 0) return;
    this.wheel[slot] = [];
    this.size -= ids.length;
    for (const id of ids) {
      const dueAt = this.visit(id, now);
      if (dueAt !== undefined) this.add(id, dueAt);
    }
  }

  private tickAt(time: number): number {
    return Math.floor(time / this.tickMillis);
  }
}
