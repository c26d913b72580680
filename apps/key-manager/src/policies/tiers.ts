import { Refusal } from '../refusal.js';
import { unlimitedTier } from './default-policies.js';
import type { TierLevel } from './policy.js';
import type { PolicyStore } from './policy-store.js';
import type { TenantConfig, TenantConfigStore } from './tenant-config.js';

/** Refuses a tier that the tenant does not have (WSO2: 900305). */
export async function requireTier(
  policies: Pick<PolicyStore, 'findPolicy'>,
  tenantDomain: string,
  level: TierLevel,
  name: string,
): Promise<void> {
  if (!(await policies.findPolicy(tenantDomain, level, name))) throw tierInvalid(name);
}

export function tierInvalid(name: string): Refusal {
  return new Refusal('tier_invalid', `The tier name is invalid. ${name}`);
}

export interface DefaultTierPorts {
  readonly policies: Pick<PolicyStore, 'listPolicies'>;
  readonly tenantConfigs: Pick<TenantConfigStore, 'findTenantConfig'>;
}

/** What the tenant configured if there is such a tier, else `Unlimited`, else the first in alphabetical order (WSO2). */
export async function defaultTier(ports: DefaultTierPorts, tenantDomain: string, level: TierLevel): Promise<string> {
  const names = (await ports.policies.listPolicies(tenantDomain, level)).map(({ name }) => name).sort();
  const configured = configuredTier(await ports.tenantConfigs.findTenantConfig(tenantDomain), level);
  const chosen = [configured, unlimitedTier, names[0]].find((name) => name !== undefined && names.includes(name));
  if (chosen === undefined) throw tierInvalid('none');
  return chosen;
}

export const configKeys = {
  application: 'DefaultApplicationLevelTier',
  subscription: 'DefaultSubscriptionLevelTier',
  advanced: 'DefaultAPILevelTier',
} as const satisfies Record<TierLevel, keyof TenantConfig>;

/** The default by the tenant's own word, whether or not there is such a tier. */
export function configuredTier(config: TenantConfig, level: TierLevel): string | undefined {
  const name = config[configKeys[level]];
  return typeof name === 'string' ? name : undefined;
}
