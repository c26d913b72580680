import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineWheel } from './deadline-wheel.js';

describe('a deadline wheel', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function wheel() {
    const open = new Map<number, number>();
    const ended: number[] = [];
    const deadlines = new DeadlineWheel((id, now) => {
      const dueAt = open.get(id);
      if (dueAt === undefined || dueAt > now) return dueAt;
      open.delete(id);
      ended.push(id);
      return undefined;
    }, 25);
    const add = (id: number, millis: number) => {
      open.set(id, performance.now() + millis);
      deadlines.add(id, performance.now() + millis);
    };
    return { add, ended, open, deadlines };
  }

  it('ends a call at its deadline or at most two ticks later, never before', () => {
    const { add, ended } = wheel();
    for (const [id, millis] of [1, 24, 25, 99, 500, 999].entries()) {
      add(id, millis);
      vi.advanceTimersByTime(millis - 1);
      expect(ended).not.toContain(id);
      vi.advanceTimersByTime(51);
      expect(ended).toContain(id);
    }
  });

  it('ends calls in the order of their deadlines, not of their beginnings', () => {
    const { add, ended } = wheel();
    add(1, 5_000);
    add(2, 100);
    add(3, 1_000);
    vi.advanceTimersByTime(6_000);
    expect(ended).toEqual([2, 3, 1]);
  });

  it('keeps deadlines that are further away than one turn', () => {
    const { add, ended } = wheel();
    add(1, 60_000);
    vi.advanceTimersByTime(59_999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(ended).toEqual([1]);
  });

  it('has one timer for all, and none when nothing is waited for', () => {
    const { add, open } = wheel();
    for (let id = 0; id < 1_000; id++) add(id, 100 + id);
    expect(vi.getTimerCount()).toBe(1);
    open.clear();
    vi.advanceTimersByTime(1_200);
    expect(vi.getTimerCount()).toBe(0);
    add(1_001, 50);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('ends everything that is due after the process was stopped for long', () => {
    const { add, ended } = wheel();
    add(1, 100);
    add(2, 9_000);
    add(3, 100_000);
    vi.setSystemTime(0);
    vi.advanceTimersByTime(30_000);
    expect(ended).toEqual([1, 2]);
    vi.advanceTimersByTime(71_000);
    expect(ended).toEqual([1, 2, 3]);
  });
});
