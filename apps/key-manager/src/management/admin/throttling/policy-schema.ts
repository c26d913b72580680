import { z } from 'zod';
import { plainPlan } from '../../../policies/default-policies.js';
import type { PolicyLevel, PolicyOf, ThrottlingPolicy } from '../../../policies/policy.js';
import { isTimeUnit } from '../../../policies/quota.js';
import { conditionalGroups } from './condition-schema.js';
import { quota } from './quota-schema.js';

/** Absent and null alike mean the default (WSO2). */
const or = <T extends z.ZodType>(schema: T, value: z.output<T>) =>
  schema.nullish().transform((given) => given ?? value);

const isName = (given: string) => given.trim() === given && !/\p{Cc}/u.test(given);

const facts = {
  policyName: z.string().min(1).max(60).refine(isName, 'begins or ends with a blank, or holds control characters'),
  displayName: z.string().max(512).nullish(),
  description: or(z.string().max(1_024), ''),
};

const permissions = z.object({
  permissionType: z.enum(['ALLOW', 'DENY']),
  roles: z.array(z.string().min(1).max(255)).max(200),
});

const monetization = z.object({
  monetizationPlan: z.enum(['FIXEDRATE', 'DYNAMICRATE']),
  properties: or(z.record(z.string().max(255), z.string().max(1_024)), {}),
});

const subscriptionBody = z
  .object({
    ...facts,
    defaultLimit: quota,
    rateLimitCount: or(z.int().min(-1), plainPlan.rateLimitCount).describe('Burst control; 0 or less: none.'),
    rateLimitTimeUnit: or(z.string().max(16).nullable(), null).describe('sec, min, hour.'),
    stopOnQuotaReach: or(z.boolean(), plainPlan.stopOnQuotaReach),
    billingPlan: or(z.enum(['FREE', 'COMMERCIAL']), plainPlan.billingPlan),
    graphQLMaxComplexity: or(z.int().min(-1), plainPlan.graphQLMaxComplexity),
    graphQLMaxDepth: or(z.int().min(-1), plainPlan.graphQLMaxDepth),
    subscriberCount: or(z.int().min(-1), plainPlan.subscriberCount),
    customAttributes: or(z.array(z.object({ name: z.string().max(255), value: z.string().max(1_024) })).max(100), []),
    monetization: or(monetization.nullable(), null),
    permissions: or(permissions.nullable(), null).describe('Who may subscribe at it; left out: everybody.'),
  })
  .refine(({ rateLimitCount: most, rateLimitTimeUnit: unit }) => most <= 0 || (unit !== null && isTimeUnit(unit)), {
    path: ['rateLimitTimeUnit'],
    message: 'is no unit of time',
  });

/** A policy of each level as administrators send it. Other members are read by nobody and left aside. */
export const policyBodies = {
  application: z.object({ ...facts, defaultLimit: quota }),
  subscription: subscriptionBody,
  advanced: z.object({ ...facts, defaultLimit: quota, conditionalGroups: or(conditionalGroups, []) }),
  custom: z.object({ ...facts, siddhiQuery: z.string().min(1).max(16_384), keyTemplate: z.string().min(1).max(255) }),
} as const satisfies Record<PolicyLevel, z.ZodType>;

export type PolicyBody = z.output<(typeof policyBodies)[PolicyLevel]>;

/** WSO2's word for each level, in objects. */
export const policyTypes = {
  application: 'ApplicationThrottlePolicy',
  subscription: 'SubscriptionThrottlePolicy',
  advanced: 'AdvancedThrottlePolicy',
  custom: 'CustomRule',
} as const satisfies Record<PolicyLevel, string>;

/** The policy that a body of its level describes. */
export function toPolicy<L extends PolicyLevel>(
  where: Pick<ThrottlingPolicy, 'id' | 'tenantDomain'> & { readonly level: L },
  { policyName, displayName, ...rest }: PolicyBody,
): PolicyOf<L> {
  // The body came through the schema of this level.
  return { ...rest, ...where, name: policyName, displayName: displayName || policyName } as unknown as PolicyOf<L>;
}

export const policyAnswer = z.looseObject({
  policyId: z.string(),
  policyName: z.string(),
  displayName: z.string(),
  description: z.string(),
  isDeployed: z.boolean(),
  type: z.string(),
});

export function policyView({ id, tenantDomain: _, level, name, ...rest }: ThrottlingPolicy) {
  return { policyId: id, policyName: name, isDeployed: true, type: policyTypes[level], ...rest };
}
