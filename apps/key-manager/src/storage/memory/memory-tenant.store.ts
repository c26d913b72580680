import { randomUUID } from 'node:crypto';
import { defaultPolicies } from '../../policies/default-policies.js';
import type { PolicyLevel, PolicyStore, ThrottlingPolicy } from '../../policies/policy.js';
import { builtInRoles } from '../../users/user.js';
import type { Tenant, TenantStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryTenantStore implements TenantStore, PolicyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async seedTenant(domain: string): Promise<void> {
    assertStorable(domain);
    if (!this.db.tenants.has(domain)) {
      this.db.tenants.set(domain, { domain, active: true, createdAt: this.db.clock.now() });
    }
    const roles = [...this.db.roles.values()].filter(({ tenantDomain }) => tenantDomain === domain);
    for (const name of builtInRoles) {
      if (roles.some((role) => role.name === name)) continue;
      const id = randomUUID();
      this.db.roles.set(id, { id, tenantDomain: domain, name });
    }
    this.#addMissing(defaultPolicies(domain));
  }

  async findTenant(domain: string): Promise<Tenant | undefined> {
    return this.db.tenants.get(domain);
  }

  async listTenants(): Promise<Tenant[]> {
    return [...this.db.tenants.values()].sort((a, b) => inOrder(a.domain, b.domain));
  }

  async listPolicies(tenantDomain: string, level: PolicyLevel): Promise<ThrottlingPolicy[]> {
    return [...this.db.policies.values()]
      .filter((policy) => policy.tenantDomain === tenantDomain && policy.level === level)
      .sort((a, b) => inOrder(a.name, b.name));
  }

  async findPolicy(tenantDomain: string, level: PolicyLevel, name: string): Promise<ThrottlingPolicy | undefined> {
    return this.db.policies.get(`${tenantDomain}\n${level}\n${name}`);
  }

  async seedPolicies(policies: readonly ThrottlingPolicy[]): Promise<void> {
    assertStorable(policies);
    this.#addMissing(policies);
  }

  #addMissing(policies: readonly ThrottlingPolicy[]): void {
    for (const policy of policies) {
      const key = `${policy.tenantDomain}\n${policy.level}\n${policy.name}`;
      if (!this.db.policies.has(key)) this.db.policies.set(key, { ...policy });
    }
  }
}
