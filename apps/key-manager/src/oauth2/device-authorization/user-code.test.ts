import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newUserCode, readUserCode } from './user-code.js';

const random = () => randomBytes(16).toString('hex');

describe('user codes', () => {
  it('are eight consonants in two groups, and never the same', () => {
    const codes = Array.from({ length: 500 }, () => newUserCode(random));
    for (const code of codes) expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(new Set(codes).size).toBe(500);
  });

  it('use each character as often as any other', () => {
    const counts = new Map<string, number>();
    for (let nth = 0; nth < 5_000; nth++) {
      for (const character of newUserCode(random).replace('-', '')) {
        counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(20);
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(400);
  });

  it('skip bytes that would make some characters likelier', () => {
    const values = ['ff'.repeat(16), `${'f0'.repeat(15)}00`, '000102030405060708090a0b0c0d0e0f'];
    expect(newUserCode(() => values.shift() ?? '')).toBe('BBCD-FGHJ');
  });

  it.each(['WDJB-MJHT', 'wdjb-mjht', 'WDJBMJHT', ' wdjb mjht ', 'w.d.j.b.m.j.h.t', 'WDJB_MJHT'])(
    'are read when typed as %j',
    (typed) => {
      expect(readUserCode(typed)).toBe('WDJB-MJHT');
    },
  );

  it.each(['', 'WDJB-MJH', 'WDJB-MJHTB', 'AEIO-UAEI', 'WDJB-MJH1', 'W'.repeat(1_000), 'ＷDJB-MJHT'])(
    'are not %j',
    (typed) => {
      expect(readUserCode(typed)).toBeUndefined();
    },
  );
});
