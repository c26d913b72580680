import { describe, expect, it } from 'vitest';
import { RandomPool } from './random-pool.js';

describe('a random pool', () => {
  it('gives as many bytes as asked, never the same and never zeroed ones, over many refills', () => {
    const pool = new RandomPool();
    const seen = new Set<string>();
    for (let n = 0; n < 10_000; n++) {
      const text = pool.hex(16);
      expect(text).toMatch(/^[0-9a-f]{32}$/);
      seen.add(text);
    }
    expect(seen.size).toBe(10_000);
    expect(seen.has('0'.repeat(32))).toBe(false);
  });

  it('gives bytes that later takers do not change', () => {
    const pool = new RandomPool();
    const first = pool.bytes(16);
    const copy = Buffer.from(first);
    for (let n = 0; n < 5_000; n++) pool.bytes(16);
    expect(first.equals(copy)).toBe(true);
    expect(first).toHaveLength(16);
  });

  it('fills up when what is left is too little, and serves a whole pool at once', () => {
    const pool = new RandomPool();
    pool.bytes(1);
    expect(pool.bytes(65_536)).toHaveLength(65_536);
    expect(pool.hex(3)).toHaveLength(6);
  });

  it.each([0, -1, 65_537, Number.NaN])('refuses %s bytes', (bytes) => {
    expect(() => new RandomPool().hex(bytes)).toThrow(RangeError);
  });
});
