import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

export interface RedisSettings {
  readonly url?: string | undefined;
  readonly commandTimeoutMillis: number;
}

/** A connection for commands, or undefined when no Redis is configured. See `subscribeRedis` for the other kind. */
export function connectRedis(settings: RedisSettings, logger: Logger): Redis | undefined {
  return connect(settings, logger, 'commands', { commandTimeout: settings.commandTimeoutMillis });
}

/** A connection for subscriptions: it re-subscribes by itself after a reconnect. */
export function subscribeRedis(settings: RedisSettings, logger: Logger): Redis | undefined {
  return connect(settings, logger, 'subscriptions', { autoResubscribe: true });
}

function connect(settings: RedisSettings, logger: Logger, purpose: string, more: RedisOptions): Redis | undefined {
  if (settings.url === undefined) return undefined;
  const redis = new Redis(pathOf(settings.url), {
    ...more,
    connectTimeout: 2_000,
    // Defaults would let a command wait for ever while Redis is frozen or away: the database is the record, Redis a hint.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    keepAlive: 5_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  report(redis, logger.child({ redis: purpose }));
  return redis;
}

/** ioredis takes a socket as a plain path. */
function pathOf(url: string): string {
  return url.startsWith('unix://') ? url.slice('unix://'.length) : url;
}

/** One line when the connection is lost and one when it is back, not one per attempt; never the URL, it may hold a password. */
function report(redis: Redis, logger: Logger): void {
  let lost = false;
  redis.on('error', (error: Error) => {
    if (!lost)
      logger.warn({ reason: error.message || (error as NodeJS.ErrnoException).code }, 'redis is not reachable');
    lost = true;
  });
  redis.on('close', () => {
    if (!lost && redis.status !== 'end') logger.warn('redis connection lost');
    lost = true;
  });
  redis.on('ready', () => {
    logger.info(lost ? 'redis is back' : 'redis connected');
    lost = false;
  });
}
