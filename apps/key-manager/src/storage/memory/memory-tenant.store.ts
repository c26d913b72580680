import { randomUUID } from 'node:crypto';
import { defaultPolicies } from '../../policies/default-policies.js';
import type { TenantConfig, TenantConfigStore } from '../../policies/tenant-config.js';
import { builtInRoles } from '../../users/user.js';
import type { Tenant, TenantStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryTenantStore implements TenantStore, TenantConfigStore {
  constructor(private readonly db: MemoryDatabase) {}

  async seedTenant(domain: string): Promise<void> {
    assertStorable(domain);
    const isNew = !this.db.tenants.has(domain);
    if (isNew) this.db.tenants.set(domain, { domain, active: true, createdAt: this.db.clock.now() });
    const roles = [...this.db.roles.values()].filter(({ tenantDomain }) => tenantDomain === domain);
    for (const name of builtInRoles) {
      if (roles.some((role) => role.name === name)) continue;
      const id = randomUUID();
      this.db.roles.set(id, { id, tenantDomain: domain, name });
    }
    // Only with the tenant: a tier that an administrator deleted stays deleted.
    const tiers = isNew ? defaultPolicies(domain) : [];
    for (const tier of tiers) this.db.policies.set(tier.id, tier);
    this.db.appendCatalog('throttling_policy', ...tiers.map(({ id }) => id));
  }

  async findTenant(domain: string): Promise<Tenant | undefined> {
    return this.db.tenants.get(domain);
  }

  async listTenants(): Promise<Tenant[]> {
    return [...this.db.tenants.values()].sort((a, b) => inOrder(a.domain, b.domain));
  }

  async findTenantConfig(tenantDomain: string): Promise<TenantConfig> {
    const document = this.db.tenantConfigs.get(tenantDomain);
    return document === undefined ? {} : (JSON.parse(document) as TenantConfig);
  }

  async saveTenantConfig(tenantDomain: string, config: TenantConfig): Promise<void> {
    assertStorable(config);
    this.db.tenantConfigs.set(tenantDomain, JSON.stringify(config));
  }
}
