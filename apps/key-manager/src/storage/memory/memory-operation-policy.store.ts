import type { OperationPolicy, OperationPolicyStore } from '../../apis/operation-policies/operation-policy.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryOperationPolicyStore implements OperationPolicyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createOperationPolicy(policy: OperationPolicy): Promise<void> {
    assertStorable(policy);
    const { tenantDomain, name, version } = policy;
    const known = await this.listOperationPolicies(tenantDomain);
    if (known.some((other) => other.name === name && other.version === version)) {
      throw new AlreadyExists(`operation policy ${name} ${version}`);
    }
    this.db.operationPolicies.set(policy.id, structuredClone(policy));
  }

  async listOperationPolicies(tenantDomain: string): Promise<OperationPolicy[]> {
    return [...this.db.operationPolicies.values()]
      .filter((policy) => policy.tenantDomain === tenantDomain)
      .map((policy) => structuredClone(policy))
      .sort((a, b) => inOrder(a.name, b.name) || inOrder(a.version, b.version));
  }
}
