import { Refusal } from '../refusal.js';
import type { PolicyLevel, PolicyStore } from './policy.js';

/** Refuses a tier that the tenant does not have (WSO2: 900305). */
export async function requireTier(
  policies: Pick<PolicyStore, 'findPolicy'>,
  tenantDomain: string,
  level: PolicyLevel,
  name: string,
): Promise<void> {
  if (!(await policies.findPolicy(tenantDomain, level, name))) throw tierInvalid(name);
}

export function tierInvalid(name: string): Refusal {
  return new Refusal('tier_invalid', `The tier name is invalid. ${name}`);
}

/** `Unlimited` if the tenant has it, else the first in alphabetical order (WSO2). */
export async function defaultTier(
  policies: Pick<PolicyStore, 'listPolicies'>,
  tenantDomain: string,
  level: PolicyLevel,
): Promise<string> {
  const names = (await policies.listPolicies(tenantDomain, level)).map(({ name }) => name).sort();
  const chosen = names.find((name) => name === 'Unlimited') ?? names[0];
  if (chosen === undefined) throw tierInvalid('none');
  return chosen;
}
