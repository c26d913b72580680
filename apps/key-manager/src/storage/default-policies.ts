import { randomUUID } from 'node:crypto';
import type { PolicyLevel, ThrottlingPolicy } from '../policies/policy.js';

type Tier = readonly [name: string, requestsPerMinute: number | undefined, description: string];

/** The tiers every tenant starts with (WSO2). */
const tiers: Readonly<Record<PolicyLevel, readonly Tier[]>> = {
  application: [
    ['Unlimited', undefined, 'Allows unlimited requests'],
    ['10PerMin', 10, 'Allows 10 requests per minute'],
    ['20PerMin', 20, 'Allows 20 requests per minute'],
    ['50PerMin', 50, 'Allows 50 requests per minute'],
  ],
  advanced: [
    ['Unlimited', undefined, 'Allows unlimited requests'],
    ['10KPerMin', 10_000, 'Allows 10000 requests per minute'],
    ['20KPerMin', 20_000, 'Allows 20000 requests per minute'],
    ['50KPerMin', 50_000, 'Allows 50000 requests per minute'],
  ],
  subscription: [
    ['Bronze', 1_000, 'Allows 1000 requests per minute'],
    ['Silver', 2_000, 'Allows 2000 requests per minute'],
    ['Gold', 5_000, 'Allows 5000 requests per minute'],
    ['Unlimited', undefined, 'Allows unlimited requests'],
    ['DefaultSubscriptionless', 10_000, 'Allows 10000 requests per minute when subscription validation is disabled'],
  ],
};

export function defaultPolicies(tenantDomain: string): ThrottlingPolicy[] {
  return Object.entries(tiers).flatMap(([level, ofLevel]) =>
    ofLevel.map(([name, requestCount, description]) => ({
      id: randomUUID(),
      tenantDomain,
      level: level as PolicyLevel,
      name,
      displayName: name,
      description,
      ...(requestCount === undefined ? {} : { quota: { requestCount, unitTime: 1, timeUnit: 'min' } }),
      stopOnQuotaReach: true,
      billingPlan: 'FREE' as const,
    })),
  );
}
