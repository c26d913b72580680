import { type DenyRule, type DenyRuleStore, denyKey } from '../../policies/deny-rule.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryDenyRuleStore implements DenyRuleStore {
  constructor(private readonly db: MemoryDatabase) {}

  async listDenyRules(tenantDomain: string): Promise<DenyRule[]> {
    return [...this.db.denyRules.values()]
      .filter((rule) => rule.tenantDomain === tenantDomain)
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.id, b.id));
  }

  async findDenyRule(id: string): Promise<DenyRule | undefined> {
    return this.db.denyRules.get(id);
  }

  async createDenyRule(rule: DenyRule): Promise<void> {
    assertStorable(rule);
    const key = denyKey(rule);
    const taken = [...this.db.denyRules.values()].some(
      (other) => other.tenantDomain === rule.tenantDomain && denyKey(other) === key,
    );
    if (taken) throw new AlreadyExists(`deny policy for this ${rule.conditionType}`);
    this.db.denyRules.set(rule.id, { ...rule });
    this.db.appendCatalog('deny_rule', rule.id);
  }

  async enableDenyRule(tenantDomain: string, id: string, enabled: boolean): Promise<DenyRule | undefined> {
    const rule = this.db.denyRules.get(id);
    if (rule?.tenantDomain !== tenantDomain) return undefined;
    const after = { ...rule, enabled };
    this.db.denyRules.set(id, after);
    this.db.appendCatalog('deny_rule', id);
    return after;
  }

  async deleteDenyRule(tenantDomain: string, id: string): Promise<boolean> {
    if (this.db.denyRules.get(id)?.tenantDomain !== tenantDomain) return false;
    this.db.denyRules.delete(id);
    this.db.appendCatalog('deny_rule', id);
    return true;
  }
}
