import { describe, expect, it } from 'vitest';
import { CommonCounters } from './common-counters.js';

const counter = { key: 'application gold', tenantDomain: 'carbon.super', endsAt: 60_000, window: 1 };
const other = { ...counter, key: 'api gold' };

describe('the counts of all workers', () => {
  it('adds up what each of them has counted', async () => {
    const counters = new CommonCounters(() => 0);
    expect(await counters.add([counter, other], [2, 1])).toEqual([2, 1]);
    expect(await counters.add([counter], [3])).toEqual([5]);
    expect(await counters.add([{ ...counter, window: 2 }], [1])).toEqual([1]);
  });

  it('takes from all or from none', async () => {
    const counters = new CommonCounters(() => 0);
    const demand = { counter, amount: 2, needed: 1, cost: 1 };
    // As it comes over the channel, where there is no Infinity.
    const counted = { counter: other, amount: null as unknown as number, needed: 1, cost: 1 };
    expect(await counters.take([counted, demand])).toEqual([0, 1, 1]);
    expect(await counters.take([counted, demand])).toEqual([0, 2, 2]);
    expect(await counters.take([counted, demand])).toEqual([2, 2]);
    expect(await counters.add([other], [0])).toEqual([2]);
  });

  it('starts again once for each reset, however many workers ask', async () => {
    const counters = new CommonCounters(() => 0);
    await counters.add([counter], [7]);
    expect(await counters.reset(counter, 10)).toBe(0);
    await counters.add([counter], [1]);
    expect(await counters.reset(counter, 10)).toBe(1);
  });

  it('forgets windows that are over', async () => {
    let now = 0;
    const counters = new CommonCounters(() => now);
    await counters.add([counter], [1]);
    now = 70_000;
    await counters.add([{ ...other, endsAt: 120_000 }], [1]);
    expect(counters.size).toBe(1);
  });
});
