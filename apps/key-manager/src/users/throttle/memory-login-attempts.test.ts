import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/oauth2.js';
import { loginAttemptsContract } from './login-attempts.contract.js';
import type { AttemptSource } from './login-attempts.js';
import { MemoryLoginAttempts } from './memory-login-attempts.js';

describe('login attempts in memory', () => {
  loginAttemptsContract((rule) => {
    const clock = new ManualClock();
    const attempts = new MemoryLoginAttempts(rule, clock);
    const now = () => clock.now();
    return { first: attempts, second: attempts, now, advance: async (millis) => clock.advance(millis / 1_000) };
  });

  it('let about ten guesses a minute through with the default settings', async () => {
    const clock = new ManualClock();
    const rule = { freeAttempts: 5, baseDelayMillis: 1_000, maxDelayMillis: 300_000 };
    const attempts = new MemoryLoginAttempts({ ...rule, networkFreeAttempts: 100, windowMillis: 900_000 }, clock);
    const alice = { login: 'alice', network: 'n' };
    const guessFor = async (seconds: number) => {
      let guesses = 0;
      for (let second = 0; second < seconds; second++) {
        const admission = await attempts.admit(alice);
        if (admission.admitted) {
          await attempts.settle(alice, admission, 'wrong');
          guesses++;
        } else {
          clock.advance(1);
        }
      }
      return guesses;
    };
    expect(await guessFor(60)).toBeLessThanOrEqual(11);
    expect(await guessFor(3_600)).toBeLessThanOrEqual(20);
  });

  it('remember a bounded number of logins and networks, the latest ones', async () => {
    const clock = new ManualClock();
    const rule = { freeAttempts: 1, baseDelayMillis: 60_000, maxDelayMillis: 60_000 };
    const attempts = new MemoryLoginAttempts({ ...rule, networkFreeAttempts: 1, windowMillis: 60_000 }, clock, 10);
    const sources = Array.from({ length: 30 }, (_, at): AttemptSource => ({ login: `l${at}`, network: `n${at}` }));
    for (const from of sources) {
      const admission = await attempts.admit(from);
      if (admission.admitted) await attempts.settle(from, admission, 'wrong');
    }
    const isDelayed = async (at: number) => !(await attempts.admit(sources[at] as AttemptSource)).admitted;
    expect(await isDelayed(29)).toBe(true);
    expect(await isDelayed(20)).toBe(true);
    expect(await isDelayed(0)).toBe(false);
  });
});
