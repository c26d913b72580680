import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningRedis, startRedis } from '../testing/redis.js';
import { waitUntil } from '../testing/wait-until.js';
import { connectRedis, redisKeys, subscribeRedis } from './index.js';

describe('redis', () => {
  let server: RunningRedis;
  const clients: Redis[] = [];
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });

  async function connect(make: typeof connectRedis) {
    const redis = make({ url: server.url, commandTimeoutMillis: 50 }, logger);
    if (!redis) throw new Error('no connection was made');
    clients.push(redis);
    await waitUntil(() => redis.status === 'ready', { what: 'the connection' });
    return redis;
  }

  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
    lines.length = 0;
  });
  afterAll(() => server.stop());

  it('is not connected to when no URL is given', () => {
    expect(connectRedis({ commandTimeoutMillis: 50 }, logger)).toBeUndefined();
  });

  it('fails a command instead of waiting while Redis is frozen', async () => {
    const redis = await connect(connectRedis);
    server.pause();
    try {
      await expect(redis.get('x')).rejects.toThrow(/timed out/i);
    } finally {
      server.resume();
    }
  });

  it('fails at once while Redis is away, says so once, and comes back by itself', async () => {
    const redis = await connect(connectRedis);
    const subscriber = await connect(subscribeRedis);
    await subscriber.subscribe('channel');
    const heard: string[] = [];
    subscriber.on('message', (_, message: string) => heard.push(message));
    await server.kill();
    await waitUntil(() => redis.status !== 'ready');
    await expect(redis.get('x')).rejects.toThrow();
    server = await startRedis({ port: server.port });
    await waitUntil(() => redis.status === 'ready' && subscriber.status === 'ready');
    await waitUntil(async () => {
      await redis.publish('channel', 'again');
      return heard.includes('again');
    });
    const warnings = lines.filter((line) => line.includes('"redis":"commands"') && line.includes('"level":40'));
    expect(warnings).toHaveLength(1);
  });

  it('names keys by prefix, so that two clusters can share a Redis', () => {
    const keys = redisKeys('kg-700');
    expect(keys.token('ab')).toBe('kg-700:tok:{ab}');
    expect(keys.tombstone('ab')).toBe('kg-700:rev:{ab}');
    expect(keys.notBefore('client', 'c')).toBe('kg-700:nbf:client:{c}');
    expect(keys.revocations).toBe('kg-700:revocations');
  });
});
