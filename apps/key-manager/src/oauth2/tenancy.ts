import { InvalidGrant } from './errors.js';
import type { Client } from './model.js';

/** Users of another tenant may use a client only if it is for all tenants (WSO2: saasApp). Throws `InvalidGrant`. */
export function assertMayUse(client: Client, userTenantDomain: string): void {
  if (userTenantDomain !== client.tenantDomain && !client.allTenants) throw new InvalidGrant('Authentication failed.');
}
