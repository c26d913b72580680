import { createLogger } from '@keygate/common/logging';
import { connectRedis } from '@keygate/common/redis';
import { type RunningRedis, startRedis, waitUntil } from '@keygate/common/testing';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { anApi, anApplication, type Entities, entitiesOf } from '../apis/test/catalog.js';
import { CountMerger } from './count-merger.js';
import { RedisCounters } from './redis-counters.js';
import { aPolicy, bytes, minute, requests, ThrottledGateway } from './test/throttled.js';

const logger = createLogger({ name: 'gateway', level: 'silent', format: 'json' });
let server: RunningRedis;
const connections: Redis[] = [];
/** Tests do not wait for windows to end, so each begins in one of its own. */
let start = 1_700_000_040_000;

beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => {
  for (const redis of connections.splice(0)) redis.disconnect();
  start += 10 * minute;
});
afterAll(() => server.stop());

interface Sharing {
  readonly gateway: ThrottledGateway;
  readonly shared: RedisCounters;
  readonly merger: CountMerger;
  readonly redis: Redis;
}

const policies = [
  aPolicy('subscription Gold', { defaultLimit: requests(20), burst: bytes(100_000) }),
  aPolicy('application A', { defaultLimit: requests(50) }),
];

/** Gateways that share a Redis and a catalogue. */
async function gateways(
  count: number,
  isStrict: (tier: string | undefined) => boolean,
  given: Entities = {},
): Promise<Sharing[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const redis = connectRedis({ url: server.url, commandTimeoutMillis: 2_000 }, logger);
      if (redis === undefined) throw new Error('no connection was made');
      connections.push(redis);
      await waitUntil(() => redis.status === 'ready', { what: 'the connection' });
      const shared: RedisCounters = new RedisCounters({ redis, keyPrefix: 'kg', now: () => gateway.now });
      const entities = entitiesOf({
        applications: [anApplication({ throttlingTier: 'A' })],
        throttlingPolicies: policies,
        ...given,
      });
      const gateway: ThrottledGateway = new ThrottledGateway(entities, { shared, isStrict }, start);
      const { counters, counts } = gateway;
      return { gateway, shared, redis, merger: new CountMerger({ counters, shared, counts, intervalMillis: 100 }) };
    }),
  );
}

const merged = () => false;
const strict = () => true;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

describe('merged counts', () => {
  it('are what all gateways have counted, one interval later', async () => {
    const all = await gateways(3, merged);
    expect(await Promise.all(all.map(({ gateway }) => gateway.passing(6)))).toEqual([6, 6, 6]);
    for (const { merger } of all) await merger.merge();
    // The last to merge knows of all 18; the first of its own 6 until it has something to tell again.
    expect(await all[2]?.gateway.passing(10)).toBe(2);
    expect(await all[0]?.gateway.passing(1)).toBe(1);
    for (const { merger } of [...all].reverse()) await merger.merge();
    expect(await Promise.all(all.map(({ gateway }) => gateway.passing(1)))).toEqual([0, 1, 0]);
  });

  it('let through no more than each gateway can in one interval, and nothing once it has merged', async () => {
    const all = await gateways(3, merged);
    const first = await Promise.all(all.map(({ gateway }) => gateway.passing(100)));
    expect(first).toEqual([20, 20, 20]);
    for (const { merger } of all) await merger.merge();
    expect(await Promise.all(all.map(({ gateway }) => gateway.passing(100)))).toEqual([0, 0, 0]);
  });

  it('are kept in one slot for each tenant, name nobody, and end with their window', async () => {
    const [one] = await gateways(1, merged);
    await one?.gateway.passing(3);
    await one?.merger.merge();
    const keys = (await one?.redis.keys('kg:t:*')) ?? [];
    const window = String(Math.floor(start / minute) + 1);
    const own = keys.filter((key) => key.endsWith(window));
    expect(own).toHaveLength(2);
    for (const key of own) {
      expect(key).toMatch(/^kg:t:\{carbon\.super\}:[\w-]{22}:\d+$/);
      expect(await one?.redis.get(key)).toBe('3');
      const ttl = (await one?.redis.pttl(key)) ?? 0;
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(2 * minute);
    }
  });

  it('are told later when Redis was away, once', async () => {
    const [one, two] = await gateways(2, merged);
    if (one === undefined || two === undefined) throw new Error('two gateways are needed');
    one.redis.disconnect();
    await waitUntil(() => !one.shared.isUsable, { what: 'the connection to end' });
    expect(await one.gateway.passing(15)).toBe(15);
    await one.merger.merge();
    await one.redis.connect();
    await waitUntil(() => one.shared.isUsable, { what: 'the connection to be back' });
    await one.merger.merge();
    await one.merger.merge();
    expect(await two.gateway.passing(1)).toBe(1);
    await two.merger.merge();
    expect(await two.gateway.passing(20)).toBe(4);
  });

  it('start again with a reset at every gateway, once for each reset', async () => {
    const [one, two] = await gateways(2, merged);
    if (one === undefined || two === undefined) throw new Error('two gateways are needed');
    const reset = { applicationId: 'app-1', user: 'demo@carbon.super' };
    await one.gateway.passing(10);
    await one.merger.merge();
    await one.gateway.resets.reset(reset, 7);
    await one.gateway.passing(5);
    await one.merger.merge();
    // It hears of the same reset later: what was counted since stays.
    await two.gateway.resets.reset(reset, 7);
    const counter = two.gateway.counters.startingWith('carbon.super', 'application|app-1|')[0];
    expect(counter?.used).toBe(5);
    await two.gateway.resets.reset(reset, 8);
    expect(counter?.used).toBe(0);
  });
});

describe('strict counts', () => {
  it('are exact across gateways that are called at once', async () => {
    const all = await gateways(3, strict);
    const passed = await Promise.all(all.map(({ gateway }) => together(gateway, 30)));
    expect(sum(passed)).toBe(20);
    for (const { gateway } of all) expect(await gateway.outcome()).toBe('subscriptionThrottled');
    for (const { gateway } of all) gateway.now += minute;
    expect(sum(await Promise.all(all.map(({ gateway }) => together(gateway, 30))))).toBe(20);
  });

  it('use up nothing with a call that one limit refuses', async () => {
    const [one] = await gateways(1, strict);
    expect(await one?.gateway.passing(30)).toBe(20);
    const keys = (await one?.redis.keys(`kg:t:*:${Math.floor(start / minute) + 1}`)) ?? [];
    expect(await Promise.all(keys.map((key) => one?.redis.get(key)))).toEqual(['20', '20']);
  });

  it('of several tenants are asked for apart, and given back where another tenant’s limit refuses', async () => {
    const acme = { tenantDomain: 'acme.com' };
    const siddhiQuery = `
      FROM RequestStream SELECT (apiTenant == 'acme.com') AS isEligible, apiTenant AS throttleKey INSERT INTO E;
      FROM E[isEligible==true]#throttler:timeBatch(1 min)
      SELECT throttleKey, (count(userId) >= 5) as isThrottled, expiryTimeStamp group by throttleKey
      INSERT ALL EVENTS into ResultStream;`;
    const [one] = await gateways(1, strict, {
      apis: [anApi(acme)],
      applications: [anApplication({ ...acme, throttlingTier: 'Unlimited' })],
      throttlingPolicies: [
        aPolicy('subscription Gold', { ...acme, defaultLimit: requests(20) }),
        aPolicy('custom Rule', { siddhiQuery, keyTemplate: '$apiTenant' }),
      ],
    });
    if (one === undefined) throw new Error('a gateway is needed');
    expect(await together(one.gateway, 30)).toBe(5);
    const counters = one.gateway.counters.startingWith('acme.com', 'subscription|');
    const keys = await one.redis.keys(`kg:t:{acme.com}:*:${Math.floor(start / minute) + 1}`);
    expect(counters.map(({ used }) => used)).toEqual([5]);
    expect(await Promise.all(keys.map((key) => one.redis.get(key)))).toEqual(['5']);
  });

  it('can be had for one policy alone, and what others counted for a refused call is given back', async () => {
    const all = await gateways(2, (tier) => tier === 'Gold');
    const passed = await Promise.all(all.map(({ gateway }) => together(gateway, 30)));
    expect(sum(passed)).toBe(20);
    const used = all.map(({ gateway }) => gateway.counters.startingWith('carbon.super', 'application|')[0]?.used ?? 0);
    expect(sum(used)).toBe(20);
  });

  it('become local ones while Redis is away: a limit is still a limit, and nobody waits', async () => {
    const all = await gateways(2, strict);
    for (const { redis } of all) redis.disconnect();
    await waitUntil(() => all.every(({ shared }) => !shared.isUsable), { what: 'the connections to end' });
    expect(await Promise.all(all.map(({ gateway }) => gateway.passing(30)))).toEqual([20, 20]);
  });
});

describe('a Redis that does not answer', () => {
  it('is asked once, then left alone until it does', async () => {
    const own = await startRedis();
    const redis = connectRedis({ url: own.url, commandTimeoutMillis: 100 }, logger);
    if (redis === undefined) throw new Error('no connection was made');
    connections.push(redis);
    await waitUntil(() => redis.status === 'ready', { what: 'the connection' });
    let now = start;
    const shared = new RedisCounters({ redis, keyPrefix: 'kg', now: () => now });
    const gateway = new ThrottledGateway({ throttlingPolicies: policies }, { shared, isStrict: strict }, start);
    own.pause();
    try {
      expect(await gateway.outcome()).toBe('passed');
      expect(gateway.counts.countedAlone).toBe(1);
      expect(shared.isUsable).toBe(false);
      // Nothing is awaited any more.
      expect(gateway.gate.admit(gateway.call(), { fail: () => undefined })).toBeUndefined();
      await shared.probe();
      expect(shared.isUsable).toBe(false);
    } finally {
      own.resume();
    }
    await waitUntil(
      async () => {
        now += 1_000;
        await shared.probe();
        return shared.isUsable;
      },
      { what: 'Redis to be back' },
    );
    await own.stop();
  });
});

async function together(gateway: ThrottledGateway, count: number): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: count }, () => gateway.outcome()));
  return outcomes.filter((outcome) => outcome === 'passed').length;
}
