import { randomUUID } from 'node:crypto';
import { plainPlan } from '../../../src/policies/default-policies.js';
import type { Storage } from '../../../src/storage/storage.js';

export const perMinute = (requestCount: number) =>
  ({ type: 'REQUESTCOUNTLIMIT', requestCount: { timeUnit: 'min', unitTime: 1, requestCount } }) as const;

/** One policy of each level and one deny policy, in use by nothing. */
export async function plantPolicies(storage: Storage, named: (what: string) => string) {
  const tenantDomain = 'carbon.super';
  const facts = (what: string) => ({
    ...{ id: randomUUID(), tenantDomain, name: named(what), displayName: '', description: '' },
  });
  const defaultLimit = perMinute(5);
  const application = { ...facts('app'), level: 'application', defaultLimit } as const;
  const subscription = { ...facts('sub'), ...plainPlan, level: 'subscription', defaultLimit } as const;
  const advanced = { ...facts('api'), level: 'advanced', defaultLimit, conditionalGroups: [] } as const;
  const custom = { ...facts('rule'), level: 'custom', siddhiQuery: 'q', keyTemplate: '$userId' } as const;
  for (const policy of [application, subscription, advanced, custom]) await storage.policies.createPolicy(policy);
  const conditionId = randomUUID();
  await storage.denyRules.createDenyRule({
    ...{ id: conditionId, tenantDomain, enabled: true, createdAt: Date.now() },
    ...{ conditionType: 'USER', conditionValue: `${named('denied')}@carbon.super` },
  });
  return {
    conditionId,
    applicationPolicyId: application.id,
    applicationPolicyName: application.name,
    subscriptionPolicyId: subscription.id,
    advancedPolicyId: advanced.id,
    customPolicyId: custom.id,
  };
}
