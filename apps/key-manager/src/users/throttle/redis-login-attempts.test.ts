import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@keygate/common/logging';
import { type RunningRedis, startRedis } from '@keygate/common/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/oauth2.js';
import { FallbackLoginAttempts } from './fallback-login-attempts.js';
import { loginAttemptsContract } from './login-attempts.contract.js';
import type { LoginAttempts, ThrottleRule } from './login-attempts.js';
import { MemoryLoginAttempts } from './memory-login-attempts.js';
import { RedisLoginAttempts } from './redis-login-attempts.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const rule: ThrottleRule = {
  freeAttempts: 2,
  baseDelayMillis: 600_000,
  maxDelayMillis: 600_000,
  networkFreeAttempts: 100,
  windowMillis: 900_000,
};

describe('login attempts on redis', () => {
  let server: RunningRedis;
  let redis: Redis;
  let opened = 0;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  loginAttemptsContract((settings) => {
    const prefix = `kg-${++opened}`;
    return {
      first: new RedisLoginAttempts(redis, prefix, settings),
      second: new RedisLoginAttempts(redis, prefix, settings),
      now: Date.now,
      // Redis tells the time by itself; a timer may be early by less than one millisecond.
      advance: (millis) => delay(millis + 2),
    };
  });

  it('leave keys that end by themselves, in one slot, without a name or an address', async () => {
    const attempts = new RedisLoginAttempts(redis, 'kg-keys', rule);
    const from = { login: 'digest-of-login', network: 'digest-of-network' };
    const admission = await attempts.admit(from);
    if (admission.admitted) await attempts.settle(from, admission, 'wrong');
    const keys = await redis.keys('kg-keys:*');
    expect(keys.sort()).toEqual([
      'kg-keys:login:{digest-of-network}',
      'kg-keys:login:{digest-of-network}:digest-of-login',
    ]);
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });
});

describe('login attempts while redis fails', () => {
  const failing: LoginAttempts = {
    admit: () => Promise.reject(new Error('Command timed out')),
    settle: () => Promise.reject(new Error('Command timed out')),
  };
  const from = { login: 'alice', network: 'n' };

  it('are counted by the process: nobody is locked out, and nobody guesses freely', async () => {
    const clock = new ManualClock();
    const attempts = new FallbackLoginAttempts(failing, new MemoryLoginAttempts(rule, clock), clock, logger);
    for (let time = 0; time < rule.freeAttempts; time++) {
      const admission = await attempts.admit(from);
      if (!admission.admitted) throw new Error('locked out');
      await attempts.settle(from, admission, 'wrong');
    }
    expect(await attempts.admit(from)).toMatchObject({ admitted: false });
  });

  it('ask redis again after a pause, and settle each attempt where it was counted', async () => {
    const clock = new ManualClock();
    let isAway = true;
    let asked = 0;
    const settled: string[] = [];
    const shared: LoginAttempts = {
      async admit() {
        asked += 1;
        if (isAway) throw new Error('Command timed out');
        return { admitted: true, blockedUntil: 0 };
      },
      async settle(_source, _admission, verdict) {
        settled.push(verdict);
      },
    };
    const attempts = new FallbackLoginAttempts(shared, new MemoryLoginAttempts(rule, clock), clock, logger);
    const own = await attempts.admit(from);
    await attempts.admit(from);
    expect(asked).toBe(1);
    isAway = false;
    clock.advance(2);
    const onRedis = await attempts.admit(from);
    if (!own.admitted || !onRedis.admitted) throw new Error('locked out');
    await attempts.settle(from, own, 'right');
    expect(settled).toEqual([]);
    await attempts.settle(from, onRedis, 'right');
    expect(settled).toEqual(['right']);
  });

  it('count a failure of the network that redis could not be told', async () => {
    const clock = new ManualClock();
    let isAway = false;
    const shared: LoginAttempts = {
      async admit() {
        if (isAway) throw new Error('Connection is closed.');
        return { admitted: true, blockedUntil: 0 };
      },
      settle: () => Promise.reject(new Error('Connection is closed.')),
    };
    const narrow = new MemoryLoginAttempts({ ...rule, networkFreeAttempts: 1 }, clock);
    const attempts = new FallbackLoginAttempts(shared, narrow, clock, logger);
    const admission = await attempts.admit(from);
    if (admission.admitted) await attempts.settle(from, admission, 'wrong');
    isAway = true;
    expect(await attempts.admit(from)).toMatchObject({ admitted: false, reason: 'network' });
  });
});
