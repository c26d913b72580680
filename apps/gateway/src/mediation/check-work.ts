/** A value took more work to check than any honest one does. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

/**
 * For one value. A megabyte of honest JSON takes a tenth of it; schemas that name each other twice double what they take
 * with every step, and with every level of the value when they contain themselves.
 */
const maxMillis = 1_000;
/** The clock is asked once for so many references. */
const stepsBetween = 1_024;
/** Characters times the size of the pattern's program: about two seconds where the engine finds no short cut. */
const maxPatternWork = 20_000_000;

let endsAt = 0;
let steps = 0;

/** A check begins. It runs to its end before another does, so there is one account for all. */
export function startWork(): void {
  endsAt = performance.now() + maxMillis;
  steps = 0;
}

/** A reference is followed. */
export function countStep(): true {
  steps += 1;
  if (steps % stepsBetween === 0) checkTime();
  return true;
}

/** A text is held against a pattern whose program is of this size. */
export function countPattern(text: string, size: number, test: () => boolean): boolean {
  if (text.length * size > maxPatternWork) throw new TooMuchWork('too long for a pattern');
  const result = test();
  checkTime();
  return result;
}

function checkTime(): void {
  if (performance.now() > endsAt) throw new TooMuchWork('too long in all');
}
