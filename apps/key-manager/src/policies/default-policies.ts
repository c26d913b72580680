import { createHash } from 'node:crypto';
import type { PolicyLevel, SubscriptionPolicy, TierPolicy } from './policy.js';
import { type Quota, unlimitedCount } from './quota.js';

/** Lets an API be called without a subscription (WSO2). */
export const subscriptionlessTier = 'DefaultSubscriptionless';

/** The same of APIs that stream beside it: nobody subscribes at one of them. */
export const subscriptionlessTiers: readonly string[] = [subscriptionlessTier, 'AsyncDefaultSubscriptionless'];

/** What the limits of an API are unless it says otherwise, where the tenant has it (WSO2). */
export const unlimitedTier = 'Unlimited';

interface BuiltIn {
  readonly level: TierPolicy['level'];
  readonly name: string;
  readonly description: string;
  readonly limit: Quota;
  readonly subscriberCount?: number;
}

const perMinute = (requestCount: number): Quota => ({
  type: 'REQUESTCOUNTLIMIT',
  requestCount: { timeUnit: 'min', unitTime: 1, requestCount },
});

const events = (timeUnit: 'days' | 'months', eventCount: number): Quota => ({
  type: 'EVENTCOUNTLIMIT',
  eventCount: { timeUnit, unitTime: 1, eventCount },
});

const tier = (level: BuiltIn['level'], name: string, count: number): BuiltIn => ({
  level,
  name,
  description: `Allows ${count} requests per minute`,
  limit: perMinute(count),
});

const unlimited = (level: BuiltIn['level']): BuiltIn => ({
  level,
  name: unlimitedTier,
  description: 'Allows unlimited requests',
  limit: perMinute(unlimitedCount),
});

const aiTier = (name: string, requestCount: number): BuiltIn => ({
  ...tier('subscription', name, requestCount),
  limit: { type: 'AIAPIQUOTALIMIT', aiApiQuota: { timeUnit: 'min', unitTime: 1, requestCount } },
});

const daily = (name: string, count: number): BuiltIn => ({
  level: 'subscription',
  name,
  description: `Allows ${count} events per day`,
  limit: events('days', count),
});

/** Of WebHook APIs. */
const monthly = (name: string, count: number, said: number, subscriberCount = said): BuiltIn => ({
  level: 'subscription',
  name,
  description: `Allows ${count} events per month and ${said} active subscriptions`,
  limit: events('months', count),
  subscriberCount,
});

/** Subscription tiers of APIs that stream. */
export const streamingTiers: readonly BuiltIn[] = [
  daily('AsyncBronze', 5_000),
  daily('AsyncSilver', 25_000),
  daily('AsyncGold', 50_000),
  { ...daily('AsyncUnlimited', unlimitedCount), description: 'Allows unlimited events' },
  {
    ...daily('AsyncDefaultSubscriptionless', 10_000),
    description: 'Allows 10000 events per day when subscription validation is disabled',
  },
  // The description says 500: WSO2's own slip, which its clients know.
  monthly('AsyncWHBronze', 1_000, 500, 100),
  monthly('AsyncWHSilver', 5_000, 500),
  monthly('AsyncWHGold', 10_000, 1_000),
  {
    ...monthly('AsyncWHUnlimited', unlimitedCount, 0),
    description: 'Allows unlimited events and unlimited active subscriptions',
  },
];

/** The tiers every tenant starts with (WSO2). */
const builtIn: readonly BuiltIn[] = [
  unlimited('application'),
  tier('application', '10PerMin', 10),
  tier('application', '20PerMin', 20),
  tier('application', '50PerMin', 50),
  unlimited('advanced'),
  tier('advanced', '10KPerMin', 10_000),
  tier('advanced', '20KPerMin', 20_000),
  tier('advanced', '50KPerMin', 50_000),
  tier('subscription', 'Bronze', 1_000),
  tier('subscription', 'Silver', 2_000),
  tier('subscription', 'Gold', 5_000),
  unlimited('subscription'),
  {
    ...tier('subscription', subscriptionlessTier, 10_000),
    description: 'Allows 10000 requests per minute when subscription validation is disabled',
  },
  aiTier('AIBronze', 1_000),
  aiTier('AISilver', 2_000),
  aiTier('AIGold', 5_000),
  ...streamingTiers,
];

/** Built-in tiers of a tenant, ready to be seeded. */
export function defaultPolicies(tenantDomain: string): TierPolicy[] {
  return builtIn.map((each) => toPolicy(tenantDomain, each));
}

function toPolicy(tenantDomain: string, { level, name, description, limit, subscriberCount }: BuiltIn): TierPolicy {
  const id = policyId(tenantDomain, level, name);
  const facts = { id, tenantDomain, name, displayName: name, description, defaultLimit: limit };
  switch (level) {
    case 'application':
      return { ...facts, level };
    case 'advanced':
      return { ...facts, level, conditionalGroups: [] };
    case 'subscription':
      return { ...facts, ...plainPlan, level, subscriberCount: subscriberCount ?? 0 };
  }
}

/** What a plan is that says nothing but its quota. */
export const plainPlan = {
  rateLimitCount: 0,
  rateLimitTimeUnit: null,
  stopOnQuotaReach: true,
  billingPlan: 'FREE',
  graphQLMaxComplexity: 0,
  graphQLMaxDepth: 0,
  subscriberCount: 0,
  customAttributes: [],
  monetization: null,
  permissions: null,
} as const satisfies Partial<SubscriptionPolicy>;

/** The same id wherever the tier is seeded, in the form of a name-based UUID (RFC 9562 §5.8). */
export function policyId(tenantDomain: string, level: PolicyLevel, name: string): string {
  const digits = createHash('sha256').update(`${tenantDomain}\n${level}\n${name}`).digest('hex');
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
  return [...groups, digits.slice(20, 32)].join('-');
}
