import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import { superTenant } from '../users/user-name.js';
import { isUuid } from '../uuid.js';
import type { PolicyLevel, PolicyOf, ThrottlingPolicy } from './policy.js';
import type { PolicyStore } from './policy-store.js';
import type { TenantConfigStore } from './tenant-config.js';
import { configuredTier } from './tiers.js';

export interface PolicyPorts {
  readonly policies: PolicyStore;
  readonly tenantConfigs: Pick<TenantConfigStore, 'findTenantConfig'>;
}

/** Custom rules see the traffic of every tenant, so they are the super tenant's alone, even to look at. */
export function requireLevel(tenantDomain: string, level: PolicyLevel): void {
  if (level !== 'custom' || tenantDomain === superTenant) return;
  throw new Refusal('forbidden', `Custom rules belong to ${superTenant}`);
}

export async function requirePolicy<L extends PolicyLevel>(
  { policies }: Pick<PolicyPorts, 'policies'>,
  tenantDomain: string,
  level: L,
  id: string,
): Promise<PolicyOf<L>> {
  const found = isUuid(id) ? await policies.findPolicyById(id) : undefined;
  if (found?.tenantDomain !== tenantDomain || found.level !== level) throw policyNotFound(id);
  return found as PolicyOf<L>;
}

function policyNotFound(id: string): Refusal {
  return new Refusal('policy_not_found', `Throttling policy with id ${id} not found`);
}

/** Every gateway holds every policy in memory. */
const mostPerLevel = 1_000;

export async function createPolicy({ policies }: PolicyPorts, policy: ThrottlingPolicy): Promise<void> {
  const { tenantDomain, level } = policy;
  if ((await policies.listPolicies(tenantDomain, level)).length >= mostPerLevel) {
    throw new Refusal('forbidden', `A tenant has ${mostPerLevel} throttling policies of a level at most`);
  }
  try {
    await policies.createPolicy(policy);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('policy_exists', `A throttling policy with name ${policy.name} already exists`);
  }
}

export async function changePolicy({ policies }: PolicyPorts, policy: ThrottlingPolicy): Promise<void> {
  if (!(await policies.updatePolicy(policy))) throw policyNotFound(policy.id);
}

/** WSO2: 500 for the tier that the tenant configured as its default, 403 for one that limits something. */
export async function deletePolicy(ports: PolicyPorts, policy: ThrottlingPolicy): Promise<void> {
  const { tenantDomain, level, name, id } = policy;
  if (level !== 'custom') {
    const config = await ports.tenantConfigs.findTenantConfig(tenantDomain);
    if (configuredTier(config, level) === name) {
      throw new Refusal('policy_is_default', `Policy ${name} is the default of the tenant`);
    }
  }
  const outcome = await ports.policies.deletePolicy(policy);
  if (outcome === 'missing') throw policyNotFound(id);
  if (outcome === 'used') throw new Refusal('policy_in_use', `Policy ${name} is in use and cannot be deleted`);
}
