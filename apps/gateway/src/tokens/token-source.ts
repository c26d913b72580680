import type { Logger } from '@keygate/common/logging';
import { connectRedis, redisKeys, subscribeRedis } from '@keygate/common/redis';
import type { VerificationKey } from '../apis/verification-key.js';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { KeyManagerClient } from '../key-manager/key-manager.client.js';
import { RevocationStream } from '../key-manager/revocation-stream.js';
import { type Clock, systemClock } from './clock.js';
import { Hearing } from './hearing.js';
import { JwtGate } from './jwt-gate.js';
import { RedisRevocations } from './redis-revocations.js';
import { SeenProofs } from './seen-proofs.js';
import { SharedTokenCache } from './shared-token-cache.js';
import { TokenValidation } from './token-validation.js';

export interface TokenSource {
  readonly validation: TokenValidation;
  readonly hearing: Hearing;
  /** Whether Redis can be asked at this moment; false also without one. */
  readonly isSharing: () => boolean;
  /** How many look-ups ended without a verdict. */
  readonly undecided: () => number;
  readonly seenProofs: SeenProofs;
  start(): void;
  stop(): void;
}

export interface TokenSourceOptions {
  readonly config: GatewayConfig;
  readonly client: KeyManagerClient;
  readonly gatewayId: string;
  readonly logger: Logger;
  /** What JWTs are verified with. */
  readonly keys: () => ReadonlyMap<string, VerificationKey> | undefined;
  readonly clock?: Clock;
}

/** Connects the token cache with the two ways revocations arrive and, where there is one, with Redis. */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { config, client, gatewayId, logger, keys: signingKeys, clock = systemClock } = options;
  const { tokens, dpop } = config.gateway;
  const hearing = new Hearing(tokens.localTtlSeconds, clock);
  const keys = redisKeys(config.redis.keyPrefix);
  const redis = connectRedis(config.redis, logger);
  const subscriber = subscribeRedis(config.redis, logger);
  if (redis === undefined) logger.info('no REDIS_URL: tokens are cached in this process only');
  let undecided = 0;
  let stopping = false;
  const validation = new TokenValidation({
    ...tokens,
    clock,
    hearing,
    jwts: new JwtGate({ keys: signingKeys, enforceType: tokens.enforceTypeHeader }),
    shared: redis && new SharedTokenCache(redis, keys, clock),
    askKeyManager: (hash) => client.validateToken(hash, config.gateway.backendJwt.enabled),
    onUndecided: (cause) => {
      undecided += 1;
      logger.debug({ err: cause }, 'an access token could not be checked');
    },
  });
  const changed = (channel: 'redis' | 'grpc') => (live: boolean, lastHeardAt?: number) => {
    const before = hearing.isHearing;
    hearing.set(channel, live, lastHeardAt);
    if (before === hearing.isHearing || stopping) return;
    if (hearing.isHearing) logger.info({ channel }, 'revocations are heard');
    else
      logger.warn({ localTtlSeconds: tokens.localTtlSeconds }, 'revocations are not heard; tokens are trusted briefly');
  };
  const stream = new RevocationStream({
    client,
    logger,
    gatewayId,
    sink: validation,
    onLive: changed('grpc'),
    now: () => clock.now(),
  });
  const subscription =
    subscriber &&
    new RedisRevocations({
      subscriber,
      channel: keys.revocations,
      sink: validation,
      logger,
      clock,
      onLive: changed('redis'),
    });
  return {
    validation,
    hearing,
    isSharing: () => redis?.status === 'ready',
    undecided: () => undecided,
    seenProofs: new SeenProofs({
      maxEntries: dpop.maxRememberedProofs,
      // One of the client's clock ahead, one for ours behind.
      longestMillis: (dpop.maxAgeSeconds + 2 * dpop.clockSkewSeconds + 2) * 1_000,
      now: Date.now,
      shared: redis && { redis, keys },
    }),
    start: () => {
      stream.start();
      subscription?.start();
    },
    stop: () => {
      stopping = true;
      stream.stop();
      subscription?.stop();
      redis?.disconnect();
    },
  };
}
