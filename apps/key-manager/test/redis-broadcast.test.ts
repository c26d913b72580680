import { type RedisKeys, redisKeys } from '@keygate/common/redis';
import { type RunningRedis, startRedis, waitUntil } from '@keygate/common/testing';
import { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/oauth2/token-hash.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe('revocations on Redis', () => {
  let server: RunningRedis;
  let redis: Redis;
  let subscriber: Redis;
  let keyManager: TestKeyManager;
  let authorization: string;
  let keys: RedisKeys;
  const heard: Revocation[] = [];

  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    subscriber = new Redis(server.url);
    // Restarting the server is part of the test.
    for (const connection of [redis, subscriber]) connection.on('error', () => undefined);
    keys = redisKeys('kg-test');
    await subscriber.subscribe(keys.revocations);
    subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => heard.push(Revocation.decode(message)));
    keyManager = await startTestKeyManager({ redisUrl: server.url });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, []);
  });
  afterAll(async () => {
    await keyManager.stop();
    redis.disconnect();
    subscriber.disconnect();
    await server.stop();
  });

  const issue = async () => {
    const { body } = await keyManager.post('/oauth2/token', { grant_type: 'password', ...alice }, authorization);
    return String(body.access_token);
  };
  const revoke = async (token: string) => {
    expect((await keyManager.post('/oauth2/revoke', { token }, authorization)).status).toBe(200);
  };
  const tombstoneOf = (token: string) => keys.tombstone(sha256(token).toString('hex'));

  it('leave a mark, take the cached token away and are published', async () => {
    const token = await issue();
    const cached = keys.token(sha256(token).toString('hex'));
    await redis.set(cached, 'facts');
    await revoke(token);
    const published = await waitUntil(
      () => heard.find(({ target }) => target?.$case === 'tokenHash' && target.tokenHash.equals(sha256(token))),
      { timeoutMillis: 5_000 },
    );
    expect(published.revokedAt).toBeGreaterThan(Date.now() - 60_000);
    // What is published is done already.
    expect(await redis.get(cached)).toBeNull();
    const life = await redis.pttl(tombstoneOf(token));
    expect(life).toBeGreaterThan(3_000_000);
    expect(life).toBeLessThanOrEqual(3_600_000);
  });

  it('of a user are a mark in time that never moves back', async () => {
    const mark = keys.notBefore('subject', 'alice@carbon.super');
    const user = await keyManager.storage.users.findUser({
      username: 'alice',
      domain: 'PRIMARY',
      tenantDomain: 'carbon.super',
    });
    if (!user) throw new Error('alice is gone');
    const before = Date.now();
    await keyManager.accounts.setPassword(user, alice.password, { actor: 'admin@carbon.super' });
    const revokedAt = Number(await waitUntil(() => redis.get(mark), { timeoutMillis: 5_000 }));
    expect(revokedAt).toBeGreaterThanOrEqual(before);
    await keyManager.storage.tokens.revokeBy({ kind: 'subject', subject: 'alice@carbon.super' }, before - 60_000);
    await waitUntil(() => heard.filter(({ target }) => target?.$case === 'subject').length >= 2, {
      timeoutMillis: 5_000,
    });
    expect(Number(await redis.get(mark))).toBe(revokedAt);
  });

  it('are said late rather than never when Redis was away', async () => {
    const token = await issue();
    server.pause();
    await revoke(token);
    server.resume();
    await waitUntil(async () => (await redis.exists(tombstoneOf(token))) === 1, { timeoutMillis: 10_000 });
  });

  it('do not hold up an answer while Redis is frozen', async () => {
    server.pause();
    try {
      const token = await issue();
      await revoke(token);
      const { body } = await keyManager.post('/oauth2/introspect', { token }, authorization);
      expect(body).toEqual({ active: false });
    } finally {
      server.resume();
    }
  });

  it('of the last minute are said again after a start', async () => {
    const token = await issue();
    await revoke(token);
    await waitUntil(async () => (await redis.exists(tombstoneOf(token))) === 1, { timeoutMillis: 5_000 });
    await redis.del(tombstoneOf(token));
    const { storage } = keyManager;
    const second = await startTestKeyManager({
      redisUrl: server.url,
      openStorage: () => Promise.resolve({ ...storage, close: () => Promise.resolve() }),
    });
    await waitUntil(async () => (await redis.exists(tombstoneOf(token))) === 1, { timeoutMillis: 5_000 });
    await second.stop();
  });
});
