import { createLogger } from '@keygate/common/logging';
import { redisKeys } from '@keygate/common/redis';
import { waitUntil } from '@keygate/common/testing';
import { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import { describe, expect, it } from 'vitest';
import { FeedHub } from '../grpc/feed-hub.js';
import type { RevocationRecord } from '../storage/feeds.js';
import { RedisBroadcaster } from './redis-broadcaster.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

function record(seq: number, ageMillis: number): RevocationRecord {
  const revokedAt = Date.now() - ageMillis;
  return { seq, target: { kind: 'token', hash: Buffer.alloc(32, seq) }, revokedAt, expiresAt: revokedAt + 3_600_000 };
}

/** Redis as far as the broadcaster uses it: what was called, in order. */
function recordingRedis() {
  const calls: [command: string, subject: string | number][] = [];
  const note = (command: string, answer: unknown) => (subject: unknown, message: unknown) => {
    const named = command === 'publish' ? Revocation.decode(message as Buffer).seq : String(subject);
    calls.push([command, named]);
    return Promise.resolve(answer);
  };
  const redis = { set: note('set', 'OK'), del: note('del', 1), publish: note('publish', 0), eval: note('eval', 0) };
  return { calls, redis: redis as unknown as ConstructorParameters<typeof RedisBroadcaster>[0] };
}

async function broadcast(records: RevocationRecord[], sweptUntil: number) {
  const hub = new FeedHub<RevocationRecord>(
    'revocations',
    {
      position: async () => records.at(-1)?.seq ?? 0,
      since: async (position, limit) =>
        position < sweptUntil
          ? undefined
          : records
              .filter(({ seq }) => seq > position)
              .slice(0, limit)
              .map((item) => ({ position: item.seq, item })),
    },
    logger,
  );
  await hub.start();
  const { calls, redis } = recordingRedis();
  const broadcaster = new RedisBroadcaster(redis, redisKeys('kg'), hub, () => undefined, logger);
  broadcaster.start();
  return { hub, calls, broadcaster };
}

describe('the broadcaster', () => {
  it('says the last minute again after a start, also where what came before was swept away', async () => {
    const records = [record(990, 90_000), record(995, 30_000), record(1_000, 1_000)];
    const { hub, calls, broadcaster } = await broadcast(records, 950);
    const published = () => calls.flatMap(([command, seq]) => (command === 'publish' ? seq : []));
    await waitUntil(() => published().length === 2, { timeoutMillis: 5_000 });
    expect(published()).toEqual([995, 1_000]);
    await broadcaster.stop();
    await hub.close();
  });

  it('marks before it deletes, and deletes before it publishes', async () => {
    const { hub, calls, broadcaster } = await broadcast([record(1, 0)], 0);
    await waitUntil(() => calls.length === 3, { timeoutMillis: 5_000 });
    expect(calls.map(([command]) => command)).toEqual(['set', 'del', 'publish']);
    await broadcaster.stop();
    await hub.close();
  });

  it('publishes what the hub knows before it stops', async () => {
    const records = [record(1, 0)];
    const { hub, calls, broadcaster } = await broadcast(records, 0);
    await waitUntil(() => calls.length === 3, { timeoutMillis: 5_000 });
    records.push(record(2, 0), record(3, 0));
    await hub.caughtUp();
    await broadcaster.stop();
    expect(calls.filter(([command]) => command === 'publish')).toHaveLength(3);
    await hub.close();
  });
});
