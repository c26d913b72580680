import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/oauth2.js';
import { TemporarilyUnavailable, TooManyAttempts } from '../../oauth2/errors.js';
import type { ResourceOwners } from '../../oauth2/ports.js';
import { createSources } from './login-source.js';
import { LoginThrottle } from './login-throttle.js';
import { MemoryLoginAttempts } from './memory-login-attempts.js';
import { type LoginRefusal, ThrottledResourceOwners } from './throttled-resource-owners.js';

const rule = {
  freeAttempts: 5,
  baseDelayMillis: 1_000,
  maxDelayMillis: 300_000,
  networkFreeAttempts: 20,
  windowMillis: 900_000,
};
const here = '192.0.2.1';
const elsewhere = '198.51.100.1';
const passwords: Readonly<Record<string, string>> = { alice: 'right', locked: '' };

/** Resource owners that note each check and answer when told to. */
class CheckedOwners implements ResourceOwners {
  readonly checked: string[] = [];
  /** What a check waits for. */
  gate: Promise<unknown> = Promise.resolve();
  failWith: Error | undefined;

  async authenticate(username: string, password: string) {
    this.checked.push(username);
    await this.gate;
    if (this.failWith) throw this.failWith;
    if (passwords[username] !== password) return undefined;
    return { subject: `${username}@carbon.super`, tenantDomain: 'carbon.super', roles: [], tokenEpoch: 0 };
  }
  async find() {
    return undefined;
  }
  forget() {}
}

function createWorld(options: { sharedNetworks?: string[]; maxWaiting?: number } = {}) {
  const clock = new ManualClock();
  const owners = new CheckedOwners();
  const refusals: [LoginRefusal, string, string][] = [];
  const attempts = new MemoryLoginAttempts(rule, clock);
  const throttled = new ThrottledResourceOwners({
    owners,
    throttle: new LoginThrottle(attempts, options.maxWaiting ?? 256),
    sourceOf: createSources(Buffer.alloc(32, 1), options.sharedNetworks ?? []),
    refusals: { note: (...refusal) => void refusals.push(refusal) },
  });
  const login = async (username: string, password: string, from = here): Promise<string> => {
    try {
      return (await throttled.authenticate(username, password, from)) ? 'in' : 'wrong';
    } catch (error) {
      if (error instanceof TooManyAttempts) return `429 after ${error.retryAfterSeconds}`;
      if (error instanceof TemporarilyUnavailable) return '503';
      throw error;
    }
  };
  const times = async (count: number, work: (index: number) => Promise<string>) => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push(await work(index));
    return answers;
  };
  return { clock, owners, refusals, login, times };
}

describe('logins with wrong passwords', () => {
  it.each(['alice', 'nobody', 'locked', ''])('are delayed for %j alike, and not checked any more', async (name) => {
    const { login, times, owners, clock, refusals } = createWorld();
    expect(await times(5, () => login(name, 'wrong'))).toEqual(Array(5).fill('wrong'));
    expect(await times(3, () => login(name, 'wrong'))).toEqual(Array(3).fill('429 after 1'));
    expect(owners.checked).toHaveLength(5);
    clock.advance(1);
    expect(await times(2, () => login(name, 'wrong'))).toEqual(['wrong', '429 after 2']);
    expect(owners.checked).toHaveLength(6);
    expect(refusals.map(([reason]) => reason)).toEqual([
      ...Array(5).fill('wrong'),
      ...Array(3).fill('login_delay'),
      'wrong',
      'login_delay',
    ]);
    expect(refusals.every(([, username, address]) => username === name && address === here)).toBe(true);
  });

  it('delay the right password too, but not from elsewhere and not after the delay', async () => {
    const { login, times, clock } = createWorld();
    await times(5, () => login('alice', 'wrong'));
    expect(await login('alice', 'right')).toBe('429 after 1');
    expect(await login('alice', 'right', elsewhere)).toBe('in');
    clock.advance(1);
    expect(await login('alice', 'right')).toBe('in');
    expect(await times(5, () => login('alice', 'wrong'))).toEqual(Array(5).fill('wrong'));
  });

  it('delay the whole network when one user after the other is tried', async () => {
    const { login, times, owners } = createWorld();
    await times(20, (index) => login(`user-${index}`, 'Spring2026!'));
    expect(await login('alice', 'right')).toBe('429 after 45');
    expect(owners.checked).toHaveLength(20);
    expect(await login('alice', 'right', elsewhere)).toBe('in');
  });

  it('count against the user only where one network stands for many', async () => {
    const { login, times } = createWorld({ sharedNetworks: [here] });
    await times(30, (index) => login(`user-${index}`, 'wrong'));
    expect(await login('alice', 'right')).toBe('in');
    await times(5, () => login('bob', 'wrong'));
    expect(await login('bob', 'wrong')).toBe('429 after 1');
  });

  it('are not counted when nobody looked at the password', async () => {
    const { login, times, owners } = createWorld();
    owners.failWith = new TemporarilyUnavailable(2);
    expect(await times(30, () => login('alice', 'right'))).toEqual(Array(30).fill('503'));
    owners.failWith = undefined;
    expect(await login('alice', 'right')).toBe('in');
  });
});

describe('parallel logins', () => {
  it('are checked no oftener than the free attempts allow when the password is wrong', async () => {
    const { login, owners } = createWorld();
    const answers = await Promise.all(Array.from({ length: 200 }, () => login('alice', 'wrong')));
    expect(owners.checked).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(5);
    expect(answers.filter((answer) => answer === '429 after 1')).toHaveLength(195);
  });

  it('all get in when the password is right', async () => {
    const { login, refusals } = createWorld();
    const answers = await Promise.all(Array.from({ length: 200 }, () => login('alice', 'right')));
    expect(new Set(answers)).toEqual(new Set(['in']));
    expect(refusals).toEqual([]);
  });

  it('all get in over two nodes too, which hear of each other by asking again', async () => {
    const attempts = new MemoryLoginAttempts(rule, new ManualClock());
    const sourceOf = createSources(Buffer.alloc(32, 1), []);
    const nodes = [0, 1].map(() => {
      const owners = new CheckedOwners();
      // Longer than a turn, so that the other node comes while the first ones are being checked.
      owners.gate = new Promise((resolve) => setTimeout(resolve, 20));
      const throttle = new LoginThrottle(attempts, 256);
      return new ThrottledResourceOwners({ owners, throttle, sourceOf, refusals: { note: () => undefined } });
    });
    const logins = Array.from({ length: 60 }, (_, at) => nodes[at % 2]?.authenticate('alice', 'right', here));
    expect((await Promise.all(logins)).every((owner) => owner !== undefined)).toBe(true);
  });

  it('are refused when a node that died leaves attempts open, after some patience', async () => {
    const attempts = new MemoryLoginAttempts(rule, new ManualClock());
    const source = createSources(Buffer.alloc(32, 1), [])('alice', here);
    for (let time = 0; time < 5; time++) await attempts.admit(source);
    const throttle = new LoginThrottle(attempts, 256, 30);
    const [first, second] = await Promise.all([throttle.admit(source), throttle.admit(source)]);
    expect(first).toMatchObject({ admitted: false, reason: 'login' });
    expect(second).toEqual(first);
  });

  it('do not wait for the logins of others', async () => {
    const { login, owners } = createWorld();
    let open = () => {};
    owners.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = Array.from({ length: 20 }, () => login('alice', 'wrong'));
    const checkedThen = owners.checked.length;
    owners.gate = Promise.resolve();
    expect(await login('bob', 'wrong')).toBe('wrong');
    expect(checkedThen).toBeLessThanOrEqual(5);
    open();
    await Promise.all(slow);
  });

  it('are temporarily refused when too many stand in line', async () => {
    const { login, owners } = createWorld({ maxWaiting: 10 });
    let open = () => {};
    owners.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    // Five are checked, one is the first of the line, ten wait behind it.
    const all = Array.from({ length: 20 }, () => login('alice', 'right'));
    expect(await Promise.race(all)).toBe('503');
    open();
    const answers = await Promise.all(all);
    expect(answers.filter((answer) => answer === '503').length).toBeGreaterThanOrEqual(4);
    expect(answers.filter((answer) => answer === 'in').length).toBeGreaterThanOrEqual(11);
  });

  it('go on when the only other attempts were given up', async () => {
    const { login, owners } = createWorld();
    let open = () => {};
    owners.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    owners.failWith = new TemporarilyUnavailable();
    const all = Array.from({ length: 12 }, () => login('alice', 'right'));
    setImmediate(() => open());
    expect(new Set(await Promise.all(all))).toEqual(new Set(['503']));
    owners.failWith = undefined;
    expect(await login('alice', 'right')).toBe('in');
  });
});
