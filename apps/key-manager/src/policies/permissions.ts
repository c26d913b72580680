import { Refusal } from '../refusal.js';
import type { SubscriptionPolicy } from './policy.js';

/** Everybody has it, without it being said of them. */
const everyone = 'Internal/everyone';

/** Whether somebody with these roles may subscribe at the tier. */
export function mayUseTier({ permissions }: SubscriptionPolicy, roles: readonly string[]): boolean {
  if (permissions === null) return true;
  const isNamed = permissions.roles.some((role) => role === everyone || roles.includes(role));
  return permissions.permissionType === 'ALLOW' ? isNamed : !isNamed;
}

export function requireTierAllowed(tier: SubscriptionPolicy, roles: readonly string[]): void {
  if (!mayUseTier(tier, roles)) throw new Refusal('tier_denied', `Tier ${tier.name} is not allowed for user`);
}
