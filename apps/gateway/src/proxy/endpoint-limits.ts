import type { CompiledEndpoint } from '../apis/compiled-catalog.js';
import type { BulkheadLimits } from './bulkhead.js';
import type { BreakerSettings } from './circuit-breaker.js';
import { type ProxySettings, usualProtection } from './proxy-settings.js';

/** What holds for the calls of an endpoint, worked out once. Milliseconds. */
export interface EndpointLimits {
  readonly headersTimeout: number;
  /** 0: none. */
  readonly totalTimeoutMillis: number;
  /** How long a client may leave an answer unread. */
  readonly stallTimeoutMillis: number;
  readonly retries: number;
  readonly breaker: BreakerSettings;
  /** Undefined: as many as its backends take. */
  readonly places: BulkheadLimits | undefined;
}

/** As the endpoint says, else as the gateway is set. */
export function endpointLimits(
  { timeoutMillis, protection }: CompiledEndpoint,
  settings: ProxySettings,
): EndpointLimits {
  const openMillis = protection?.openMillis ?? settings.openMillis ?? usualProtection.openMillis;
  const maxOpenMillis = protection?.maxOpenMillis ?? settings.maxOpenMillis ?? usualProtection.maxOpenMillis;
  return {
    headersTimeout: timeoutMillis ?? settings.headersTimeoutMillis,
    totalTimeoutMillis:
      protection?.totalTimeoutMillis ?? settings.totalTimeoutMillis ?? usualProtection.totalTimeoutMillis,
    stallTimeoutMillis: protection?.idleTimeoutMillis ?? settings.bodyTimeoutMillis,
    retries: protection?.retries ?? settings.retries ?? usualProtection.retries,
    breaker: {
      failuresToOpen: protection?.failuresToOpen ?? settings.failuresToOpen ?? usualProtection.failuresToOpen,
      openMillis,
      openFactor: Math.max(1, protection?.openFactor ?? usualProtection.openFactor),
      maxOpenMillis: Math.max(openMillis, maxOpenMillis),
    },
    places:
      protection?.maxConcurrent === undefined
        ? undefined
        : {
            running: protection.maxConcurrent,
            waiting: protection.maxWaiting ?? 0,
            waitMillis: protection.connectTimeoutMillis ?? settings.connectTimeoutMillis,
          },
  };
}
