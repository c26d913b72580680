import type { Logger } from '@keygate/common/logging';
import { redisKeys } from '@keygate/common/redis';
import type { Redis } from 'ioredis';
import type { Assembly } from '../assembly.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { RedisBroadcaster } from '../revocations/redis-broadcaster.js';
import { AuditHeadLog } from './audit-head-log.js';
import { Sweeper } from './janitor.js';

/** What runs beside the requests: following the feeds, telling Redis, sweeping. */
export interface Background {
  readonly redis: Redis | undefined;
  /** Says what is still to be said, then ends. */
  stop(): Promise<void>;
}

export async function startBackground(
  config: Pick<KeyManagerConfig, 'redis' | 'keyManager'>,
  logger: Logger,
  { storage, redis, catalogHub, revocationHub, metrics, refusalJournal, signing }: Assembly,
): Promise<Background> {
  await Promise.all([catalogHub.start(), revocationHub.start()]);
  await signing.keeper.open();
  const unsubscribe = storage.commitSignal.onCommit((feed) => {
    if (feed === 'revocations') return revocationHub.poke();
    signing.keeper.poke();
    catalogHub.poke();
  });
  const keys = redisKeys(config.redis.keyPrefix);
  const observe = (seconds: number) => metrics.revocationLag.observe(seconds);
  const broadcaster = redis && new RedisBroadcaster(redis, keys, revocationHub, observe, logger);
  broadcaster?.start();
  const sweeper = new Sweeper(
    storage.janitor,
    { swept: (rows) => metrics.sweptRows.inc(rows), backlog: (seconds) => metrics.sweepBacklog.set(seconds) },
    logger,
  );
  if (config.keyManager.janitor.enabled) sweeper.start();
  const headLog = new AuditHeadLog(storage.auditTrail, logger, config.keyManager.audit.logHeadMinutes * 60_000);
  headLog.start();
  refusalJournal.start();
  return {
    redis,
    async stop() {
      await Promise.all([sweeper.stop(), headLog.stop(), refusalJournal.stop(), signing.keeper.stop()]);
      await revocationHub.caughtUp();
      await broadcaster?.stop();
      unsubscribe();
      await Promise.all([catalogHub.close(), revocationHub.close()]);
      redis?.disconnect();
    },
  };
}
