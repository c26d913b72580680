import { unlimitedTier } from './default-policies.js';
import type { ThrottlingPolicy } from './policy.js';
import type { PolicyStore } from './policy-store.js';

/**
 * The same policies, except that nobody sees the tier Unlimited, so that nobody chooses it and no default is it (WSO2:
 * enable_unlimited_tier). Gateways go on to know it: what has it keeps it.
 */
export function withoutUnlimited(policies: PolicyStore): PolicyStore {
  return {
    listPolicies: async (tenantDomain, level) => (await policies.listPolicies(tenantDomain, level)).filter(isShown),
    findPolicy: async (tenantDomain, level, name) => shown(await policies.findPolicy(tenantDomain, level, name)),
    findPolicyById: async (id) => shown(await policies.findPolicyById(id)),
    createPolicy: (policy) => policies.createPolicy(policy),
    updatePolicy: (policy) => policies.updatePolicy(policy),
    deletePolicy: (policy) => policies.deletePolicy(policy),
    resetCounters: (applicationId, user) => policies.resetCounters(applicationId, user),
  };
}

function isShown({ level, name }: ThrottlingPolicy): boolean {
  return level === 'custom' || name !== unlimitedTier;
}

function shown<Policy extends ThrottlingPolicy>(policy: Policy | undefined): Policy | undefined {
  return policy && isShown(policy) ? policy : undefined;
}
