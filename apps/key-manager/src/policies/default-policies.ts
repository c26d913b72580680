import { createHash } from 'node:crypto';
import type { PolicyLevel, ThrottlingPolicy } from './policy.js';

/** Lets an API be called without a subscription (WSO2). */
export const subscriptionlessTier = 'DefaultSubscriptionless';

interface BuiltIn {
  readonly level: PolicyLevel;
  readonly name: string;
  readonly description: string;
  readonly perMinute?: number;
}

const tier = (level: PolicyLevel, name: string, perMinute?: number): BuiltIn =>
  perMinute === undefined
    ? { level, name, description: 'Allows unlimited requests' }
    : { level, name, description: `Allows ${perMinute} requests per minute`, perMinute };

/** The tiers every tenant starts with (WSO2). */
const builtIn: readonly BuiltIn[] = [
  tier('application', 'Unlimited'),
  tier('application', '10PerMin', 10),
  tier('application', '20PerMin', 20),
  tier('application', '50PerMin', 50),
  tier('advanced', 'Unlimited'),
  tier('advanced', '10KPerMin', 10_000),
  tier('advanced', '20KPerMin', 20_000),
  tier('advanced', '50KPerMin', 50_000),
  tier('subscription', 'Bronze', 1_000),
  tier('subscription', 'Silver', 2_000),
  tier('subscription', 'Gold', 5_000),
  tier('subscription', 'Unlimited'),
  {
    level: 'subscription',
    name: subscriptionlessTier,
    description: 'Allows 10000 requests per minute when subscription validation is disabled',
    perMinute: 10_000,
  },
  tier('subscription', 'AIBronze', 1_000),
  tier('subscription', 'AISilver', 2_000),
  tier('subscription', 'AIGold', 5_000),
];

/** Built-in tiers of a tenant, ready to be seeded. */
export function defaultPolicies(tenantDomain: string): ThrottlingPolicy[] {
  return builtIn.map(({ level, name, description, perMinute }) => ({
    id: policyId(tenantDomain, level, name),
    tenantDomain,
    level,
    name,
    displayName: name,
    description,
    ...(perMinute === undefined ? {} : { quota: { requestCount: perMinute, unitTime: 1, timeUnit: 'min' } }),
    stopOnQuotaReach: true,
    billingPlan: 'FREE',
  }));
}

/** The same id wherever the tier is seeded, in the form of a name-based UUID (RFC 9562 §5.8). */
function policyId(tenantDomain: string, level: PolicyLevel, name: string): string {
  const digits = createHash('sha256').update(`${tenantDomain}\n${level}\n${name}`).digest('hex');
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
  return [...groups, digits.slice(20, 32)].join('-');
}
