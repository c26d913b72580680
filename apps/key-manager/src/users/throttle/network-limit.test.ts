import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/oauth2.js';
import { NetworkLimit } from './network-limit.js';

describe('a limit by network', () => {
  it('makes a network wait until its window is over, and no other', () => {
    const clock = new ManualClock();
    const limit = new NetworkLimit(clock, { free: 2, windowSeconds: 600 });
    limit.note('192.0.2.1');
    clock.advance(500);
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
    limit.note('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBe(100);
    expect(limit.waitSeconds('192.0.2.2')).toBeUndefined();
    clock.advance(100);
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
  });

  it('never blocks who stays below it, however long that goes on', () => {
    const clock = new ManualClock();
    const limit = new NetworkLimit(clock, { free: 3, windowSeconds: 600 });
    for (let nth = 0; nth < 100; nth++) {
      expect(limit.waitSeconds('2001:db8::1')).toBeUndefined();
      limit.note('2001:db8::1');
      clock.advance(300);
    }
  });

  it('takes the addresses of one IPv6 network for one', () => {
    const limit = new NetworkLimit(new ManualClock(), { free: 1, windowSeconds: 600 });
    limit.note('2001:db8::1');
    expect(limit.waitSeconds('2001:db8::2')).toBe(600);
  });

  it('forgets what is taken back', () => {
    const limit = new NetworkLimit(new ManualClock(), { free: 2, windowSeconds: 600 });
    for (let nth = 0; nth < 5; nth++) {
      limit.note('192.0.2.1');
      limit.takeBack('192.0.2.1');
    }
    limit.takeBack('192.0.2.2');
    limit.note('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBeUndefined();
    limit.note('192.0.2.1');
    limit.note('192.0.2.1');
    limit.takeBack('192.0.2.1');
    expect(limit.waitSeconds('192.0.2.1')).toBe(600);
  });
});
