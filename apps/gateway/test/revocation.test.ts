import { redisKeys } from '@keygate/common/redis';
import { type RunningRedis, startRedis, waitUntil } from '@keygate/common/testing';
import { TokenFacts, TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { factsOf, sha256 } from './support/fake-key-manager.js';
import { metric, startTestBed, type TestBed, type TestBedOptions } from './support/test-gateway.js';

const keys = redisKeys('kg');
const hex = (token: string) => sha256(token).toString('hex');

let redis: RunningRedis;
let commands: Redis;
let bed: TestBed | undefined;
beforeAll(async () => {
  redis = await startRedis();
  commands = new Redis(redis.url);
});
afterEach(async () => {
  await bed?.stop();
  bed = undefined;
  await commands.flushall();
});
afterAll(async () => {
  commands.disconnect();
  await redis.stop();
});

/** The promise of the gateway is one second. */
const withinASecond = { timeoutMillis: 1_000 };
const status = async (on: TestBed, token: string) => (await on.call(token)).status;

async function startWithRedis(more: TestBedOptions = {}): Promise<TestBed> {
  const started = await startTestBed({ redisUrl: redis.url, ...more });
  await waitUntil(async () => (await metric(started, 'redis_connected')) === 1, { what: 'the connection to Redis' });
  await waitUntil(async () => (await commands.pubsub('NUMSUB', keys.revocations))[1] === 1, {
    what: 'the subscription',
  });
  return started;
}

describe('a revoked token', () => {
  it('is refused within a second of the push over gRPC', async () => {
    bed = await startTestBed();
    const { keyManager } = bed;
    keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    keyManager.forget('t');
    keyManager.revoke({ $case: 'tokenHash', tokenHash: sha256('t') });
    await waitUntil(async () => (await bed?.call('t'))?.status === 401, withinASecond);
    const answer = await bed.call('t');
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(JSON.parse(answer.body)).toMatchObject({ code: '900901' });
  });

  it('is refused within a second of the message in Redis, on every gateway', async () => {
    bed = await startWithRedis();
    bed.keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    await waitUntil(() => commands.exists(keys.token(hex('t'))), { what: 'the shared entry' });
    const revocation = {
      seq: 11,
      target: { $case: 'tokenHash' as const, tokenHash: sha256('t') },
      revokedAt: Date.now(),
      expiresAt: 0,
    };
    await commands.set(keys.tombstone(hex('t')), '1', 'PX', 60_000);
    await commands.del(keys.token(hex('t')));
    const listeners = await commands.publish(keys.revocations, Buffer.from(Revocation.encode(revocation).finish()));
    expect(listeners).toBe(1);
    await waitUntil(async () => (await bed?.call('t'))?.status === 401, withinASecond);
  });

  it('stays refused by all tokens of its grant, client or user', async () => {
    bed = await startTestBed();
    const { keyManager } = bed;
    const kinds = [
      ['g', { $case: 'grantId' as const, grantId: 'grant-x' }, { grantId: 'grant-x' }],
      ['u', { $case: 'subject' as const, subject: 'leaver@carbon.super' }, { user: 'leaver@carbon.super' }],
    ] as const;
    keyManager.grant('bystander');
    for (const [token, target, facts] of kinds) {
      keyManager.grant(token, facts);
      expect(await status(bed, token)).toBe(200);
      keyManager.forget(token);
      keyManager.revoke(target);
      await waitUntil(async () => (await bed?.call(token))?.status === 401, withinASecond);
    }
    expect(await status(bed, 'bystander')).toBe(200);
  });

  it('is refused by this gateway from the answer to /revoke on, without any push', async () => {
    bed = await startWithRedis();
    const { keyManager } = bed;
    keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    keyManager.onRevoke = ({ request }) => {
      keyManager.forget(request.request?.parameters[0]?.value ?? '');
      return {};
    };
    expect((await bed.revoke('t')).status).toBe(200);
    expect(await status(bed, 't')).toBe(401);
  });

  it('is not brought back by a cache fill that began before', async () => {
    bed = await startWithRedis();
    const { keyManager } = bed;
    keyManager.grant('t');
    const stale = keyManager.verdict(sha256('t'));
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let answer = () => {};
    keyManager.onValidate = () => {
      asked();
      return new Promise((resolve) => {
        answer = () => resolve(stale);
      });
    };
    const call = bed.call('t');
    await isAsked;
    // The key manager's order: commit, tombstone, delete, publish. This gateway hears of it only through Redis.
    await commands.set(keys.tombstone(hex('t')), '1', 'PX', 60_000);
    await commands.del(keys.token(hex('t')));
    keyManager.forget('t');
    keyManager.onValidate = (hash) => keyManager.verdict(hash);
    answer();
    // The question began before the revocation, so its own answer may go either way; nothing of it may stay.
    await call;
    await waitUntil(async () => (await bed?.call('t'))?.status === 401, withinASecond);
    expect(await commands.exists(keys.token(hex('t')))).toBe(0);
  });

  it('is refused after the stream was cut while it was revoked', async () => {
    bed = await startTestBed();
    const { keyManager } = bed;
    keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    const cursor = keyManager.revocationSeq;
    await keyManager.stop();
    keyManager.forget('t');
    keyManager.revocationSeq += 1;
    const missed = {
      seq: keyManager.revocationSeq,
      target: { $case: 'tokenHash' as const, tokenHash: sha256('t') },
      revokedAt: Date.now(),
      expiresAt: 0,
    };
    keyManager.backlog.push(missed);
    await keyManager.start();
    await waitUntil(async () => (await bed?.call('t'))?.status === 401);
    expect(keyManager.revocationCursors.at(-1)).toBe(cursor);
  });

  it('is refused when the key manager can no longer say what was missed', async () => {
    bed = await startTestBed();
    const { keyManager } = bed;
    keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    keyManager.forget('t');
    keyManager.tellRevocation({ $case: 'reset', reset: 500 });
    keyManager.revocationSeq = 500;
    await waitUntil(async () => (await bed?.call('t'))?.status === 401, withinASecond);
  });
});

describe('tokens shared through Redis', () => {
  it('spare the key manager the question after a restart', async () => {
    bed = await startWithRedis({ gateway: { tokens: { negativeTtlSeconds: 0 } } });
    bed.keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    await waitUntil(() => commands.exists(keys.token(hex('t'))));
    const ttl = await commands.pttl(keys.token(hex('t')));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(900_000);
    bed.keyManager.forget('t');
    await bed.restart();
    await waitUntil(async () => (await bed?.call('t'))?.status === 200);
  });

  it('live no longer there than the token itself', async () => {
    bed = await startWithRedis();
    bed.keyManager.grant('t', { expiresAt: Date.now() + 5_000 });
    expect(await status(bed, 't')).toBe(200);
    await waitUntil(() => commands.exists(keys.token(hex('t'))));
    expect(await commands.pttl(keys.token(hex('t')))).toBeLessThanOrEqual(5_000);
  });

  it('are asked about when what lies there is no token record', async () => {
    bed = await startWithRedis();
    bed.keyManager.grant('t');
    await commands.set(keys.token(hex('t')), Buffer.from([0xff, 0xff, 0xff]), 'PX', 60_000);
    expect(await status(bed, 't')).toBe(200);
    expect(bed.keyManager.validations).toBe(1);
  });

  it('are never kept there when only a "not before" mark forbids them', async () => {
    bed = await startWithRedis();
    const facts = factsOf({ grantId: 'grant-y' });
    bed.keyManager.tokens.set(hex('t'), { state: TokenState.TOKEN_STATE_ACTIVE, facts, revocationSeq: 1 });
    await commands.set(keys.notBefore('grant', 'grant-y'), String(facts.issuedAt), 'PX', 60_000);
    await bed.call('t');
    bed.keyManager.forget('t');
    await waitUntil(async () => (await bed?.call('t'))?.status === 401, withinASecond);
    expect(await commands.exists(keys.token(hex('t')))).toBe(0);
  });

  it('are stored as protobuf under the hash, never under the token', async () => {
    bed = await startWithRedis();
    bed.keyManager.grant('a-very-secret-token');
    expect(await status(bed, 'a-very-secret-token')).toBe(200);
    const stored = await waitUntil(() => commands.getBuffer(keys.token(hex('a-very-secret-token'))));
    expect(TokenFacts.decode(stored)).toMatchObject({ clientId: 'demoConsumerKey', scopes: ['read'] });
    expect((await commands.keys('*')).join()).not.toContain('secret');
  });
});

describe('a Redis that is in trouble', () => {
  it('does not hold requests up while it is frozen, and is used again afterwards', async () => {
    const own = await startRedis();
    try {
      bed = await startTestBed({ redisUrl: own.url, redisTimeoutMillis: 50 });
      bed.keyManager.grant('before');
      expect(await status(bed, 'before')).toBe(200);
      own.pause();
      bed.keyManager.grant('while-frozen');
      expect(await status(bed, 'while-frozen')).toBe(200);
      expect(await status(bed, 'before')).toBe(200);
      bed.keyManager.forget('before');
      bed.keyManager.revoke({ $case: 'tokenHash', tokenHash: sha256('before') });
      await waitUntil(async () => (await bed?.call('before'))?.status === 401, withinASecond);
      own.resume();
      const own2 = new Redis(own.url);
      await waitUntil(async () => {
        const token = `after-${Math.random()}`;
        bed?.keyManager.grant(token);
        await bed?.call(token);
        return own2.exists(keys.token(hex(token)));
      });
      own2.disconnect();
    } finally {
      own.resume();
      await bed?.stop();
      bed = undefined;
      await own.stop();
    }
  });

  it('does not keep a gateway from starting, and is found when it comes', async () => {
    const first = await startRedis();
    await first.kill();
    bed = await startTestBed({ redisUrl: first.url });
    bed.keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    const second = await startRedis({ port: first.port });
    try {
      const own = new Redis(second.url);
      await waitUntil(async () => (await own.pubsub('NUMSUB', keys.revocations))[1] === 1, {
        what: 'the subscription',
      });
      own.disconnect();
    } finally {
      await bed.stop();
      bed = undefined;
      await second.stop();
    }
  });

  it('is subscribed to alone while the key manager is away, and known tokens go on', async () => {
    let now = Date.now();
    bed = await startWithRedis({ clock: { now: () => now } });
    now += 1;
    bed.keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    await bed.keyManager.stop();
    now += 60_000;
    expect(await metric(bed, 'revocations_heard')).toBe(1);
    expect(await status(bed, 't')).toBe(200);
  });
});

describe('a gateway that hears no revocations', () => {
  it('trusts a token for ten seconds and then says 503 rather than let it through', async () => {
    let now = Date.now();
    bed = await startTestBed({ clock: { now: () => now } });
    now += 1;
    bed.keyManager.grant('t');
    expect(await status(bed, 't')).toBe(200);
    await bed.keyManager.stop();
    await waitUntil(async () => bed && (await metric(bed, 'revocations_heard')) === 0);
    now += 9_000;
    expect(await status(bed, 't')).toBe(200);
    now += 1_001;
    expect(await status(bed, 't')).toBe(503);
    expect(await metric(bed, 'tokens_undecided')).toBeGreaterThan(0);
  });

  it('notices a key manager that keeps the connection and says nothing', async () => {
    bed = await startTestBed();
    bed.keyManager.speaks = false;
    await waitUntil(async () => bed && (await metric(bed, 'revocations_heard')) === 0);
    bed.keyManager.speaks = true;
    await waitUntil(async () => bed && (await metric(bed, 'revocations_heard')) === 1);
  });
});
