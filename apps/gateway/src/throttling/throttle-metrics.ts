import { Counter, type Registry } from 'prom-client';
import { gauge } from '../http/request-counters.js';
import type { GatewayThrottling } from './throttling.js';

/** By level only: no label names whom a limit stopped. */
export function throttleMetrics(registry: Registry, { counts, counters, isSharing }: GatewayThrottling): void {
  const { byLevel } = counts;
  new Counter({
    name: 'keygate_gateway_throttled_total',
    help: 'Calls, payloads and events over a limit, by where the limit comes from',
    labelNames: ['level'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [level, count] of byLevel) this.inc({ level }, count);
    },
  });
  gauge(registry, 'throttle_counters', 'Counters of limits in memory', () => counters.size);
  gauge(
    registry,
    'throttle_overflows',
    'Callers since the start that had to share a counter',
    () => counters.overflows,
  );
  const shared = () => Number(isSharing() ?? false);
  gauge(registry, 'throttle_shared', 'Whether the counts of all gateways are known', shared, 'min');
  gauge(registry, 'throttle_merges', 'Exchanges of counts since the start', () => counts.merges);
  gauge(registry, 'throttle_merges_failed', 'Exchanges of counts that failed', () => counts.failedMerges);
  gauge(registry, 'throttle_counted_alone', 'Strict calls counted without Redis', () => counts.countedAlone);
}

/** Undefined when all is well, as a readiness check says it. */
export function throttleReadiness({ isSharing }: GatewayThrottling): { readonly degraded: string } | undefined {
  return isSharing() === false ? { degraded: 'redis is away: this gateway counts for itself' } : undefined;
}
