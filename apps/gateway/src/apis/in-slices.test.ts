import { describe, expect, it } from 'vitest';
import { inOneGo, inSlices, paced } from './in-slices.js';

function* sumOf(count: number, each: () => void = () => undefined): Generator<void, number> {
  let sum = 0;
  yield* paced(
    Array.from({ length: count }, (_, n) => n),
    (n) => {
      each();
      sum += n;
    },
  );
  return sum;
}

/** Takes a while, so that a slice is over after some items. */
function spin(): void {
  const end = performance.now() + 0.2;
  while (performance.now() < end);
}

describe('work in slices', () => {
  it('is done at once when it is short', () => {
    expect(inSlices(sumOf(100))).toBe(4_950);
    expect(inOneGo(sumOf(1_000))).toBe(499_500);
  });

  it('lets the event loop turn when it is long', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    expect(await inSlices(sumOf(1_000, spin))).toBe(499_500);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('fails as the work does, in its first slice or later', async () => {
    const failing = (after: number) => {
      let count = 0;
      return sumOf(1_000, () => {
        spin();
        if (++count > after) throw new Error('bad');
      });
    };
    expect(() => inSlices(failing(0))).toThrow('bad');
    await expect(inSlices(failing(500))).rejects.toThrow('bad');
  });
});
