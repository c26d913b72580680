import { InvalidGrant } from './errors.js';
import type { Client } from './model.js';

/** Users of another tenant may use a client only if it is for all tenants (WSO2: saasApp). */
export function mayUse(client: Client, userTenantDomain: string): boolean {
  return userTenantDomain === client.tenantDomain || client.allTenants;
}

/** Throws `InvalidGrant`. */
export function assertMayUse(client: Client, userTenantDomain: string): void {
  if (!mayUse(client, userTenantDomain)) throw new InvalidGrant('Authentication failed.');
}
