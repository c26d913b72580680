import { describe, expect, it } from 'vitest';
import { SeenProofs } from './seen-proofs.js';

describe('used DPoP proofs', () => {
  const state = { now: 1_000_000 };
  const make = (maxEntries = 100) =>
    new SeenProofs({ maxEntries, longestMillis: 1_000, now: () => state.now, shared: undefined });

  it('are seen for as long as they could be used again', () => {
    const seen = make();
    expect(seen.firstUse('a', state.now + 1_000)).toBe(true);
    for (const millis of [0, 999]) {
      state.now += millis;
      expect(seen.firstUse('a', state.now)).toBe(false);
    }
  });

  it('are forgotten after that, so that memory has an end', () => {
    const seen = make();
    for (let nth = 0; nth < 50; nth++) {
      state.now += 100;
      seen.firstUse(`proof ${nth}`, state.now + 1_000);
    }
    expect(seen.size).toBeLessThanOrEqual(20);
    state.now += 100_000;
    seen.firstUse('z', state.now + 1_000);
    expect(seen.size).toBe(1);
  });

  it('are undecided rather than forgotten when there are too many', () => {
    const seen = make(2);
    expect([seen.firstUse('a', 0), seen.firstUse('b', 0), seen.firstUse('c', 0)]).toEqual([true, true, undefined]);
    expect(seen.firstUse('a', 0)).toBe(false);
  });
});
