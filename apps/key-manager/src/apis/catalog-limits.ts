import type { ApiLimits } from '@keygate/proto/keymanager/v1/catalog';
import type { ApiBody } from './api.js';

/** Limits of an API as a whole, and the tiers that it is sold at. Absent when there is nothing of it. */
export function catalogLimits({ apiThrottlingPolicy, maxTps, policies }: ApiBody): ApiLimits | undefined {
  const throttlingTier = typeof apiThrottlingPolicy === 'string' ? apiThrottlingPolicy : '';
  const hard = typeof maxTps === 'object' && maxTps !== null ? (maxTps as Readonly<Record<string, unknown>>) : {};
  const productionRequests = requests(hard.production);
  const sandboxRequests = requests(hard.sandbox);
  if (throttlingTier === '' && productionRequests + sandboxRequests + policies.length === 0) return undefined;
  return {
    throttlingTier,
    productionRequests,
    sandboxRequests,
    windowMillis: windowMillis(hard.productionTimeUnit),
    sandboxWindowMillis: windowMillis(hard.sandboxTimeUnit),
    subscriptionTiers: [...policies],
  };
}

/** Kept documents of older versions hold what was not looked at then. */
function requests(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** WSO2: TPS, so seconds unless it is said otherwise. */
function windowMillis(unit: unknown): number {
  if (unit === 'HOUR') return 3_600_000;
  return unit === 'MINUTE' ? 60_000 : 1_000;
}
