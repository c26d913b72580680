import type { Logger } from '@keygate/common/logging';
import { connectRedis, redisKeys, subscribeRedis } from '@keygate/common/redis';
import type { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { VerificationKey } from '../apis/verification-key.js';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { KeyManagerClient } from '../key-manager/key-manager.client.js';
import { type RevocationSink, RevocationStream } from '../key-manager/revocation-stream.js';
import type { Siblings } from '../workers/siblings.js';
import { type Clock, systemClock } from './clock.js';
import { Hearing } from './hearing.js';
import { JwtGate } from './jwt-gate.js';
import { RedisRevocations } from './redis-revocations.js';
import { SeenProofs, type SeenProofsOptions } from './seen-proofs.js';
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
  /** Hears of every revocation, besides the token cache. */
  onRevocation(listener: (revocation: Revocation) => void): void;
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
  readonly siblings?: Siblings | undefined;
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
  const listeners: ((revocation: Revocation) => void)[] = [];
  const sink = withListeners(validation, listeners);
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
    sink,
    onLive: changed('grpc'),
    now: () => clock.now(),
  });
  const subscription =
    subscriber &&
    new RedisRevocations({
      subscriber,
      channel: keys.revocations,
      sink,
      logger,
      clock,
      onLive: changed('redis'),
    });
  return {
    validation,
    hearing,
    isSharing: () => redis?.status === 'ready',
    undecided: () => undecided,
    seenProofs: seenProofs(dpop, redis && { redis, keys }),
    onRevocation: (listener) => void listeners.push(listener),
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

function withListeners(
  validation: RevocationSink,
  listeners: readonly ((revocation: Revocation) => void)[],
): RevocationSink {
  return {
    revoked: (revocation) => {
      validation.revoked(revocation);
      for (const listener of listeners) listener(revocation);
    },
    missedSome: () => validation.missedSome(),
    beganAnew: () => validation.beganAnew(),
  };
}

function seenProofs(
  { maxRememberedProofs, maxAgeSeconds, clockSkewSeconds }: GatewayConfig['gateway']['dpop'],
  shared: SeenProofsOptions['shared'],
): SeenProofs {
  return new SeenProofs({
    maxEntries: maxRememberedProofs,
    // One of the client's clock ahead, one for ours behind.
    longestMillis: (maxAgeSeconds + 2 * clockSkewSeconds + 2) * 1_000,
    now: Date.now,
    shared,
  });
}
