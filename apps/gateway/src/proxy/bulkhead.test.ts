import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bulkhead } from './bulkhead.js';

interface One {
  readonly name: string;
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name): One => ({ name })) as [One, One, One, One];
let ran: string[];
let gaveUp: string[];
let bulkhead: Bulkhead<One>;

beforeEach(() => {
  vi.useFakeTimers();
  ran = [];
  gaveUp = [];
  const limits = { running: 1, waiting: 2, waitMillis: 1_000 };
  bulkhead = new Bulkhead(
    limits,
    ({ name }) => ran.push(name),
    (one) => {
      gaveUp.push(one.name);
      bulkhead.leave(one);
    },
  );
});

afterEach(() => vi.useRealTimers());

describe('a bulkhead', () => {
  it('runs so many, lets so many wait, and has no room for more', () => {
    expect([a, b, c, d].map((one) => bulkhead.enter(one))).toEqual([true, true, true, false]);
    expect([ran, bulkhead.running, bulkhead.waiting]).toEqual([['a'], 1, 2]);
  });

  it('runs who waits in the order of coming', () => {
    for (const one of [a, b, c]) bulkhead.enter(one);
    bulkhead.leave(a);
    bulkhead.leave(b);
    bulkhead.leave(c);
    expect([ran, bulkhead.running, bulkhead.waiting]).toEqual([['a', 'b', 'c'], 0, 0]);
  });

  it('forgets who leaves while waiting', () => {
    for (const one of [a, b, c]) bulkhead.enter(one);
    bulkhead.leave(b);
    bulkhead.leave(a);
    expect([ran, bulkhead.running, bulkhead.waiting]).toEqual([['a', 'c'], 1, 0]);
  });

  it('lets nobody wait for ever', () => {
    for (const one of [a, b]) bulkhead.enter(one);
    vi.advanceTimersByTime(1_000);
    expect([gaveUp, bulkhead.waiting]).toEqual([['b'], 0]);
    bulkhead.leave(a);
    vi.advanceTimersByTime(10_000);
    expect([ran, gaveUp, bulkhead.running]).toEqual([['a'], ['b'], 0]);
  });

  it('lets thousands go that fail at once', () => {
    const first = { name: 'first' };
    let failed = 0;
    const many = new Bulkhead<One>(
      { running: 1, waiting: 20_000, waitMillis: 1_000 },
      (one) => {
        if (one === first) return;
        failed++;
        many.leave(one);
      },
      () => undefined,
    );
    many.enter(first);
    for (let i = 0; i < 20_000; i++) many.enter({ name: String(i) });
    many.leave(first);
    expect([failed, many.running, many.waiting]).toEqual([20_000, 0, 0]);
  });
});
