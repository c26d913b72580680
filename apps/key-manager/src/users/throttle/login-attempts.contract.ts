import { describe, expect, it } from 'vitest';
import type { Admission, Admitted, AttemptSource, LoginAttempts, ThrottleRule } from './login-attempts.js';

export interface AttemptsUnderTest {
  /** Two that count together, as two key managers do. */
  readonly first: LoginAttempts;
  readonly second: LoginAttempts;
  /** The time by which they count. */
  now(): number;
  /** Lets time pass, at least so much. */
  advance(millis: number): Promise<void>;
}

/** Long enough that no test machine is slow enough to see the end of it. */
const long = 3_600_000;
const rule: ThrottleRule = {
  freeAttempts: 3,
  baseDelayMillis: long,
  maxDelayMillis: 8 * long,
  networkFreeAttempts: 1_000,
  windowMillis: long,
};
/** Short enough to be waited for; only what is true however much later is expected of it. */
const quick: ThrottleRule = { ...rule, baseDelayMillis: 20, maxDelayMillis: 40, windowMillis: 1_000 };

let made = 0;
const source = (network: string | undefined = `network-${++made}`): AttemptSource => ({
  login: `login-${++made}`,
  network,
});

function admitted(admission: Admission): Admitted {
  if (!admission.admitted) throw new Error(`refused for ${admission.retryAfterMillis} ms`);
  return admission;
}

/** What every store of attempts does, so that the two cannot drift apart. */
export function loginAttemptsContract(open: (rule: ThrottleRule) => AttemptsUnderTest): void {
  async function fail(attempts: LoginAttempts, from: AttemptSource, times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      await attempts.settle(from, admitted(await attempts.admit(from)), 'wrong');
    }
  }

  describe('per login', () => {
    it('delays the login after the free attempts, wherever they were counted', async () => {
      const { first, second } = open(rule);
      const alice = source();
      await fail(first, alice, 2);
      await fail(second, alice, 1);
      for (const attempts of [first, second]) {
        const refused = await attempts.admit(alice);
        expect(refused).toMatchObject({ admitted: false, reason: 'login', isOpen: false });
        if (refused.admitted) continue;
        expect(refused.retryAfterMillis).toBeGreaterThan(0);
        expect(refused.retryAfterMillis).toBeLessThanOrEqual(long);
      }
    });

    it('lets through no more than the free ones of many parallel attempts', async () => {
      const { first, second } = open(rule);
      const alice = source();
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => (at % 2 ? first : second).admit(alice)));
      expect(all.filter((admission) => admission.admitted)).toHaveLength(3);
      // Their outcome may still change this.
      expect(all.every((admission) => admission.admitted || admission.isOpen)).toBe(true);
    });

    it('doubles the delay with every failure, up to the longest', async () => {
      const { first, advance, now } = open({ ...rule, baseDelayMillis: 30, maxDelayMillis: 100 });
      const alice = source();
      await fail(first, alice, 2);
      for (const expected of [30, 60, 100, 100]) {
        const before = now();
        const admission = admitted(await first.admit(alice));
        expect(admission.blockedUntil).toBeGreaterThanOrEqual(before + expected);
        expect(admission.blockedUntil).toBeLessThanOrEqual(now() + expected);
        await first.settle(alice, admission, 'wrong');
        await advance(expected);
      }
    });

    it('lets one attempt through after each delay', async () => {
      const { first, advance } = open(quick);
      const alice = source();
      await fail(first, alice, 3);
      await advance(20);
      await fail(first, alice, 1);
      await advance(40);
      await fail(first, alice, 1);
    });

    it('leaves other logins and the same login elsewhere alone', async () => {
      const { first } = open(rule);
      const alice = source('a');
      await fail(first, alice, 3);
      expect(await first.admit({ ...alice, login: `${alice.login} elsewhere` })).toMatchObject({ admitted: true });
      expect(await first.admit(source('a'))).toMatchObject({ admitted: true });
    });

    it('forgets failures after a success', async () => {
      const { first, second } = open(rule);
      const alice = source();
      await fail(first, alice, 2);
      await first.settle(alice, admitted(await first.admit(alice)), 'right');
      await fail(second, alice, 3);
      expect(await first.admit(alice)).toMatchObject({ admitted: false });
    });

    it('forgets failures after the window', async () => {
      const { first, advance } = open({ ...quick, windowMillis: 60 });
      const alice = source();
      await fail(first, alice, 2);
      await advance(70);
      await fail(first, alice, 2);
      expect(await first.admit(alice)).toMatchObject({ admitted: true });
    });

    it('gives back an attempt whose password was not looked at, and its delay', async () => {
      const { first } = open(rule);
      const alice = source();
      await fail(first, alice, 2);
      const third = admitted(await first.admit(alice));
      expect(await first.admit(alice)).toMatchObject({ admitted: false, isOpen: true });
      await first.settle(alice, third, 'none');
      await fail(first, alice, 1);
      expect(await first.admit(alice)).toMatchObject({ admitted: false, isOpen: false });
    });

    it('keeps the delay of another attempt when one is given back', async () => {
      const { first } = open(rule);
      const alice = source();
      const one = admitted(await first.admit(alice));
      await fail(first, alice, 2);
      await first.settle(alice, one, 'none');
      expect(await first.admit(alice)).toMatchObject({ admitted: false });
    });

    it('does not prolong a delay for being asked', async () => {
      const { first, advance } = open({ ...quick, baseDelayMillis: 60 });
      const alice = source();
      await fail(first, alice, 3);
      for (let time = 0; time < 5; time++) await first.admit(alice);
      await advance(60);
      expect(await first.admit(alice)).toMatchObject({ admitted: true });
    });

    it('survives an outcome for which nothing is counted any more', async () => {
      const { first } = open(rule);
      const alice = source();
      const [one, two] = [admitted(await first.admit(alice)), admitted(await first.admit(alice))];
      await first.settle(alice, one, 'right');
      await first.settle(alice, two, 'none');
      await first.settle(alice, two, 'none');
      await fail(first, alice, 3);
      expect(await first.admit(alice)).toMatchObject({ admitted: false, isOpen: false });
    });
  });

  describe('per network', () => {
    const narrow = { ...rule, networkFreeAttempts: 4 };

    it('delays every login of a network after too many failures, and no other network', async () => {
      const { first, second } = open(narrow);
      const network = `network-${++made}`;
      for (let user = 0; user < 4; user++) await fail(user % 2 ? first : second, source(network), 1);
      const refused = await second.admit(source(network));
      expect(refused).toMatchObject({ admitted: false, reason: 'network', isOpen: false });
      if (!refused.admitted) expect(refused.retryAfterMillis).toBeLessThanOrEqual(long / 4);
      expect(await second.admit(source())).toMatchObject({ admitted: true });
    });

    it('counts no success and nothing that was not looked at', async () => {
      const { first } = open(narrow);
      const network = `network-${++made}`;
      for (let time = 0; time < 10; time++) {
        const from = source(network);
        await first.settle(from, admitted(await first.admit(from)), time % 2 ? 'right' : 'none');
      }
      expect(await first.admit(source(network))).toMatchObject({ admitted: true });
    });

    it('is not forgiven for a success', async () => {
      const { first } = open(narrow);
      const network = `network-${++made}`;
      for (let user = 0; user < 3; user++) await fail(first, source(network), 1);
      const own = source(network);
      await first.settle(own, admitted(await first.admit(own)), 'right');
      await fail(first, source(network), 1);
      expect(await first.admit(source(network))).toMatchObject({ reason: 'network' });
    });

    it('makes parallel failures above the free ones a debt', async () => {
      const { first } = open(narrow);
      const network = `network-${++made}`;
      const sources = Array.from({ length: 8 }, () => source(network));
      const all = await Promise.all(sources.map((from) => first.admit(from)));
      for (const [at, from] of sources.entries()) {
        const admission = all[at];
        if (admission) await first.settle(from, admitted(admission), 'wrong');
      }
      const refused = await first.admit(source(network));
      // Five have to run off at four an hour, less what the test took.
      expect(refused.admitted ? 0 : refused.retryAfterMillis).toBeGreaterThan(long);
      expect(refused.admitted ? 0 : refused.retryAfterMillis).toBeLessThanOrEqual((5 * long) / 4);
    });

    it('lets failures run off evenly', async () => {
      const { first, advance } = open({ ...quick, networkFreeAttempts: 4, windowMillis: 200 });
      const network = `network-${++made}`;
      for (let user = 0; user < 4; user++) {
        const from = source(network);
        const admission = await first.admit(from);
        if (admission.admitted) await first.settle(from, admission, 'wrong');
      }
      await advance(60);
      expect(await first.admit(source(network))).toMatchObject({ admitted: true });
    });

    it('is not counted where it stands for many users', async () => {
      const { first } = open({ ...narrow, freeAttempts: 10 });
      const shared: AttemptSource = { login: source().login, network: undefined };
      await fail(first, shared, 9);
      expect(await first.admit(shared)).toMatchObject({ admitted: true });
      expect(await first.admit(shared)).toMatchObject({ admitted: false, reason: 'login' });
    });
  });
}
