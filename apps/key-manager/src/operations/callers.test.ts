import { describe, expect, it } from 'vitest';
import { Callers } from './callers.js';

describe('callers', () => {
  it('are known anywhere below their request, and each only there', async () => {
    const callers = new Callers();
    const gone = { first: false, second: false };
    const ask = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      gone.first = true;
      await new Promise((resolve) => setImmediate(resolve));
      return callers.isGone();
    };
    const answers = await Promise.all([callers.during(() => gone.first, ask), callers.during(() => gone.second, ask)]);
    expect(answers).toEqual([true, false]);
    expect(callers.isGone()).toBe(false);
  });
});
