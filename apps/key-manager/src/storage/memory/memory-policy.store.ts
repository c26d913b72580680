import type { Api } from '../../apis/api.js';
import type { PolicyLevel, PolicyOf, ThrottlingPolicy } from '../../policies/policy.js';
import { type PolicyStore, resetId } from '../../policies/policy-store.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryPolicyStore implements PolicyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async listPolicies<L extends PolicyLevel>(tenantDomain: string, level: L): Promise<PolicyOf<L>[]> {
    return [...this.db.policies.values()]
      .filter((policy): policy is PolicyOf<L> => policy.tenantDomain === tenantDomain && policy.level === level)
      .sort((a, b) => inOrder(a.name, b.name));
  }

  async findPolicy<L extends PolicyLevel>(tenantDomain: string, level: L, name: string) {
    return (await this.listPolicies(tenantDomain, level)).find((policy) => policy.name === name);
  }

  async findPolicyById(id: string): Promise<ThrottlingPolicy | undefined> {
    return this.db.policies.get(id);
  }

  async createPolicy(policy: ThrottlingPolicy): Promise<void> {
    assertStorable(policy);
    const taken = await this.findPolicy(policy.tenantDomain, policy.level, policy.name);
    if (taken || this.db.policies.has(policy.id)) throw new AlreadyExists(`${policy.level} policy ${policy.name}`);
    this.db.policies.set(policy.id, { ...policy });
    this.db.appendCatalog('throttling_policy', policy.id);
  }

  async updatePolicy(policy: ThrottlingPolicy): Promise<boolean> {
    assertStorable(policy);
    const before = this.#own(policy);
    if (before === undefined) return false;
    this.db.policies.set(policy.id, { ...policy, name: before.name });
    this.db.appendCatalog('throttling_policy', policy.id);
    return true;
  }

  async deletePolicy(policy: ThrottlingPolicy): Promise<'deleted' | 'used' | 'missing'> {
    if (this.#isUsed(policy)) return 'used';
    if (this.#own(policy) === undefined) return 'missing';
    this.db.policies.delete(policy.id);
    this.db.appendCatalog('throttling_policy', policy.id);
    return 'deleted';
  }

  async resetCounters(applicationId: string, user: string): Promise<void> {
    const id = resetId(applicationId, user);
    assertStorable(id);
    this.db.appendCatalog('throttle_reset', id);
  }

  #own({ id, tenantDomain, level }: ThrottlingPolicy): ThrottlingPolicy | undefined {
    const found = this.db.policies.get(id);
    return found?.tenantDomain === tenantDomain && found.level === level ? found : undefined;
  }

  #isUsed({ tenantDomain, level, name }: ThrottlingPolicy): boolean {
    const { applications, subscriptions, apis, deployments, revisions } = this.db;
    switch (level) {
      case 'application':
        return [...applications.values()].some(
          (each) => each.tenantDomain === tenantDomain && each.throttlingPolicy === name,
        );
      case 'subscription':
        return [...subscriptions.values()].some(
          (each) =>
            apis.get(each.apiId)?.tenantDomain === tenantDomain &&
            [each.throttlingPolicy, each.requestedThrottlingPolicy].includes(name),
        );
      case 'advanced': {
        const own = [...apis.values()].filter((api) => api.tenantDomain === tenantDomain);
        const ids = new Set(own.map(({ id }) => id));
        const deployed = [...deployments.values()]
          .filter(({ apiId }) => ids.has(apiId))
          .flatMap(({ revisionId }) => revisions.get(revisionId) ?? []);
        return [...own, ...deployed].some(({ body }) => limits(body, name));
      }
      case 'custom':
        return false;
    }
  }
}

function limits({ apiThrottlingPolicy, operations }: Api['body'], name: string): boolean {
  return apiThrottlingPolicy === name || operations.some(({ throttlingPolicy }) => throttlingPolicy === name);
}
