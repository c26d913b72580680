import type { Logger } from '@keygate/common/logging';
import { connectRedis } from '@keygate/common/redis';
import type { ThrottleReset } from '@keygate/proto/keymanager/v1/catalog';
import type { CompiledCatalog } from '../apis/compiled-catalog.js';
import type { GatewayConfig } from '../config/gateway.config.js';
import { CountMerger } from './count-merger.js';
import { Counters } from './counters.js';
import { MeterFinder } from './meter-finder.js';
import { MeterMaker } from './meter-maker.js';
import { RedisCounters } from './redis-counters.js';
import { Resets } from './resets.js';
import type { SharedCounts } from './shared-counts.js';
import { StrictCounts } from './strict-counts.js';
import { ThrottleCounts } from './throttle-counts.js';
import { ThrottleGate } from './throttle-gate.js';
import { TierSource } from './tier-source.js';

export interface ThrottlingOptions {
  readonly config: GatewayConfig;
  readonly logger: Logger;
  readonly catalog: () => CompiledCatalog | undefined;
  /** Instead of Redis. */
  readonly shared?: SharedCounts | undefined;
  readonly now?: (() => number) | undefined;
}

/** The limits of this gateway and, through Redis, of all that share it. */
export interface GatewayThrottling {
  readonly gate: ThrottleGate;
  readonly counters: Counters;
  readonly counts: ThrottleCounts;
  /** Whether the counts of all gateways are known here; undefined when there is no Redis to know them by. */
  readonly isSharing: () => boolean | undefined;
  reset(reset: ThrottleReset, revision: number): void;
  start(): void;
  stop(): Promise<void>;
}

const sweepMillis = 1_000;
/** With half a million counters all are looked at within two minutes. */
const sweptAtOnce = 5_000;

export function createThrottling(options: ThrottlingOptions): GatewayThrottling {
  const { config, logger, catalog, shared: given, now = Date.now } = options;
  const { throttling } = config.gateway;
  // A connection of its own: a throttled token cache must not slow the counts down, nor they the cache.
  const redis = connectRedis(config.redis, logger.child({ purpose: 'throttling' }));
  const shared = given ?? (redis && new RedisCounters({ redis, keyPrefix: config.redis.keyPrefix, now }));
  const counters = new Counters({ maxCounters: throttling.maxCounters, isShared: shared !== undefined });
  const counts = new ThrottleCounts();
  const maker = new MeterMaker(counters, new TierSource(logger), strictness(throttling));
  const finder = new MeterFinder(maker);
  const merger = shared && new CountMerger({ counters, shared, counts, intervalMillis: throttling.mergeMillis });
  const strict = shared && new StrictCounts(shared, counts);
  const resets = new Resets({ counters, users: finder.users, shared, catalog, now, logger });
  const { headers: tellsLimits } = throttling;
  let sweeper: NodeJS.Timeout | undefined;
  if (shared === undefined) logger.info('no REDIS_URL: each gateway counts for itself');
  return {
    gate: new ThrottleGate({ counters, finder, counts, now, catalog, strict, tellsLimits }),
    counters,
    counts,
    isSharing: () => shared?.isUsable,
    reset: (reset, revision) => void resets.reset(reset, revision),
    start: () => {
      merger?.start();
      sweeper = setInterval(() => counters.sweep(now(), sweptAtOnce), sweepMillis);
      sweeper.unref();
    },
    stop: async () => {
      clearInterval(sweeper);
      await merger?.stop();
      redis?.disconnect();
    },
  };
}

function strictness({ mode, strictPolicies }: GatewayConfig['gateway']['throttling']) {
  const named = new Set(strictPolicies);
  return (tier: string | undefined) => mode === 'strict' || (tier !== undefined && named.has(tier));
}
