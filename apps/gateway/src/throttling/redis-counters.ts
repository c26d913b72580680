import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Demand, SharedCounts, SharedKey } from './shared-counts.js';

const probeMillis = 500;
/** Other gateways' clocks may be behind. */
const graceMillis = 60_000;

/** Adds to each counter and answers all totals. A total that is what was added is of a new key, which has to end. */
const merge = `
local totals = {}
for i, key in ipairs(KEYS) do
  local delta = tonumber(ARGV[2 * i - 1])
  totals[i] = redis.call('INCRBY', key, ARGV[2 * i - 1])
  if totals[i] == delta then redis.call('PEXPIRE', key, ARGV[2 * i]) end
end
return totals`;

/** Adds to all counters or, when one has no room, to none: {0, totals} or {its place, what it has}. */
const take = `
for i, key in ipairs(KEYS) do
  local used = tonumber(redis.call('GET', key) or '0')
  if used + tonumber(ARGV[4 * i - 2]) > tonumber(ARGV[4 * i - 3]) then return {i, used} end
end
local totals = {0}
for i, key in ipairs(KEYS) do
  local cost = tonumber(ARGV[4 * i - 1])
  if cost == 0 then
    totals[i + 1] = tonumber(redis.call('GET', key) or '0')
  else
    totals[i + 1] = redis.call('INCRBY', key, ARGV[4 * i - 1])
    if totals[i + 1] == cost then redis.call('PEXPIRE', key, ARGV[4 * i]) end
  end
end
return totals`;

/** Empties a counter once for each reset, however many gateways ask, and answers what has been counted since. */
const reset = `
if tonumber(redis.call('GET', KEYS[2]) or '0') < tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
return tonumber(redis.call('GET', KEYS[1]) or '0')`;

export interface RedisCountersOptions {
  readonly redis: Redis;
  /** Prefix of all keys of this installation. */
  readonly keyPrefix: string;
  readonly now: () => number;
}

/**
 * The counters of all gateways, in Redis. Their keys name the window, so that a late message counts where it belongs, and
 * have the tenant as their hash tag: all of a tenant's are in one slot of a Redis Cluster, and one script can decide about
 * several. Names of users and applications are hashed. After a failure Redis is left alone until it answers a probe.
 */
export class RedisCounters implements SharedCounts {
  readonly #options: RedisCountersOptions;
  readonly #names = new WeakMap<SharedKey, string>();
  readonly #digests = new Map<string, string>();
  #hasFailed = false;
  #probeAt = 0;

  constructor(options: RedisCountersOptions) {
    this.#options = options;
  }

  get isUsable(): boolean {
    return !this.#hasFailed && this.#options.redis.status === 'ready';
  }

  /** Asks whether Redis is back, now and then: by itself, so that no call has to wait to find out. */
  async probe(): Promise<void> {
    const { redis, now } = this.#options;
    if (redis.status !== 'ready' || now() < this.#probeAt) return;
    this.#probeAt = now() + probeMillis;
    try {
      await redis.ping();
      this.#hasFailed = false;
    } catch {
      this.#hasFailed = true;
    }
  }

  add(counters: readonly SharedKey[], deltas: readonly number[]): Promise<number[]> {
    const { now } = this.#options;
    const args = counters.flatMap((counter, i) => [deltas[i] as number, ttlOf(counter, now())]);
    return this.#run(
      merge,
      counters.map((counter) => this.#key(counter)),
      args,
    );
  }

  take(demands: readonly Demand[]): Promise<number[]> {
    const { now } = this.#options;
    const args = demands.flatMap(({ counter, amount, needed, cost }) => [
      Number.isFinite(amount) ? amount : Number.MAX_SAFE_INTEGER,
      needed,
      cost,
      ttlOf(counter, now()),
    ]);
    return this.#run(
      take,
      demands.map(({ counter }) => this.#key(counter)),
      args,
    );
  }

  async reset(counter: SharedKey, revision: number): Promise<number> {
    const key = this.#key(counter);
    const [total = 0] = await this.#run(reset, [key, `${key}:reset`], [revision, ttlOf(counter, this.#options.now())]);
    return total;
  }

  #key(counter: SharedKey): string {
    let name = this.#names.get(counter);
    if (name === undefined) {
      const digest = createHash('sha256').update(counter.key).digest('base64url').slice(0, 22);
      // Braces in a name would move the hash tag.
      name = `${this.#options.keyPrefix}:t:{${counter.tenantDomain.replace(/[{}]/g, '')}}:${digest}`;
      this.#names.set(counter, name);
    }
    return `${name}:${counter.window}`;
  }

  async #run(script: string, keys: readonly string[], args: readonly number[]): Promise<number[]> {
    const { redis } = this.#options;
    try {
      let digest = this.#digests.get(script);
      if (digest === undefined) {
        digest = createHash('sha1').update(script).digest('hex');
        this.#digests.set(script, digest);
      }
      const rest = [...keys, ...args];
      const answer = await redis.evalsha(digest, keys.length, ...rest).catch((error: Error) => {
        if (!error.message.startsWith('NOSCRIPT')) throw error;
        return redis.eval(script, keys.length, ...rest);
      });
      return Array.isArray(answer) ? answer.map(Number) : [Number(answer)];
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }
}

function ttlOf({ endsAt }: SharedKey, now: number): number {
  return Math.max(1, Math.ceil(endsAt - now)) + graceMillis;
}
