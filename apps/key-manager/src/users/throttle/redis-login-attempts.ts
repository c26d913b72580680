import type { Redis } from 'ioredis';
import type { Admission, Admitted, AttemptSource, LoginAttempts, ThrottleRule, Verdict } from './login-attempts.js';

/**
 * Attempts that all key managers on one Redis count together, by the clock of Redis. One round trip each. The network is
 * the hash tag of both keys, so that a script finds them in one slot of a Cluster.
 */
export class RedisLoginAttempts implements LoginAttempts {
  constructor(
    private readonly redis: Pick<Redis, 'eval'>,
    private readonly keyPrefix: string,
    private readonly rule: ThrottleRule,
  ) {}

  async admit(source: AttemptSource): Promise<Admission> {
    const { freeAttempts, baseDelayMillis, maxDelayMillis } = this.rule;
    const answer = await this.#run(admit, source, [freeAttempts, baseDelayMillis, maxDelayMillis]);
    const [reason, millis, open] = answer as [string, number, number];
    if (reason === '') return { admitted: true, blockedUntil: millis };
    if (reason !== 'login' && reason !== 'network') throw new Error('the script gave no known answer');
    return { admitted: false, reason, retryAfterMillis: millis, isOpen: open > 0 };
  }

  async settle(source: AttemptSource, { blockedUntil }: Admitted, verdict: Verdict): Promise<void> {
    await this.#run(settle, source, [verdict, blockedUntil]);
  }

  #run(script: string, { login, network }: AttemptSource, values: readonly (string | number)[]): Promise<unknown> {
    const { networkFreeAttempts, windowMillis } = this.rule;
    const tag = `${this.keyPrefix}:login:{${network ?? login}}`;
    // Without a network there is nothing to count under the second key, which 0 says.
    const capacity = network === undefined ? 0 : networkFreeAttempts;
    return this.redis.eval(script, 2, `${tag}:${login}`, tag, capacity, windowMillis, ...values);
  }
}

// `memory-login-attempts.ts` in Lua: the contract holds the two together. Numbers are written without exponent.
const shared = `
local capacity, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function level()
  local at = redis.call('HGET', KEYS[2], 'at')
  if not at then return 0 end
  local since = math.max(0, now - tonumber(at))
  return math.max(0, tonumber(redis.call('HGET', KEYS[2], 'level')) - since * capacity / window)
end
`;

const admit = `${shared}
if capacity > 0 then
  local excess = level() + 1 - capacity
  if excess > 0 then return {'network', math.ceil(excess * window / capacity), 0} end
end
local known = redis.call('HMGET', KEYS[1], 'blockedUntil', 'open')
local blockedUntil = tonumber(known[1] or '0')
if blockedUntil > now then return {'login', blockedUntil - now, tonumber(known[2] or '0')} end
local exponent = redis.call('HINCRBY', KEYS[1], 'attempts', 1) - tonumber(ARGV[3])
local delay = 0
if exponent >= 0 then delay = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) * 2 ^ math.min(exponent, 30)) end
blockedUntil = 0
if delay > 0 then blockedUntil = now + delay end
redis.call('HSET', KEYS[1], 'blockedUntil', string.format('%.0f', blockedUntil))
redis.call('HINCRBY', KEYS[1], 'open', 1)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(window, delay)))
return {'', blockedUntil, 0}`;

const settle = `${shared}
local verdict = ARGV[3]
if verdict == 'right' then return redis.call('DEL', KEYS[1]) end
local known = redis.call('HMGET', KEYS[1], 'attempts', 'open', 'blockedUntil')
if tonumber(known[2] or '0') > 0 then redis.call('HINCRBY', KEYS[1], 'open', -1) end
if verdict == 'wrong' then
  if capacity == 0 then return 0 end
  local raised = level() + 1
  redis.call('HSET', KEYS[2], 'level', string.format('%.6f', raised), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[2], string.format('%.0f', math.ceil(raised * window / capacity)))
  return 0
end
if not known[1] then return 0 end
if redis.call('HINCRBY', KEYS[1], 'attempts', -1) <= 0 then return redis.call('DEL', KEYS[1]) end
if known[3] == ARGV[4] then redis.call('HSET', KEYS[1], 'blockedUntil', '0') end
return 0`;
