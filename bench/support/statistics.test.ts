import { describe, expect, it } from 'vitest';
import { digits, quantile, ratios, shuffled, spread, summary } from './statistics.mjs';

describe('statistics of the benchmarks', () => {
  it('interpolates between neighbours and keeps the order of its input', () => {
    const values = [4, 1, 3, 2];
    expect(quantile(values, 0)).toBe(1);
    expect(quantile(values, 1)).toBe(4);
    expect(quantile(values, 0.5)).toBe(2.5);
    expect(values).toEqual([4, 1, 3, 2]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('hardly moves for one disturbed round', () => {
    expect(summary([10, 10, 10, 10, 1_000]).median).toBe(10);
  });

  it('compares within a round', () => {
    expect(ratios([10, 1], [5, 0.5])).toEqual([2, 2]);
    expect(() => ratios([1], [])).toThrow('1 rounds against 0');
  });

  it('shuffles without losing anybody', () => {
    expect(shuffled([1, 2, 3, 4]).sort()).toEqual([1, 2, 3, 4]);
    expect(shuffled(['a', 'b'], () => 0)).toEqual(['b', 'a']);
  });

  it('writes three digits', () => {
    expect(digits(12_345)).toBe('12,300');
    expect(digits(0.98765)).toBe('0.988');
    expect(digits(Number.NaN)).toBe('–');
    expect(spread([1, 2, 3])).toBe('2 (1.5–2.5)');
  });
});
