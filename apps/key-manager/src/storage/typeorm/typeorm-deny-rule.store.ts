import type { Clock } from '../../oauth2/ports.js';
import { type DenyRule, type DenyRuleStore, denyKey } from '../../policies/deny-rule.js';
import { assertStorable } from '../storable.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import { type DenyRuleRow, denyRuleEntity } from './entities/policy.entity.js';
import { appendCatalog } from './feed-numbers.js';

export class TypeOrmDenyRuleStore implements DenyRuleStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async listDenyRules(tenantDomain: string): Promise<DenyRule[]> {
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(denyRuleEntity).find({ where: { tenantDomain }, order }),
    );
    return rows.map(toDenyRule);
  }

  async findDenyRule(id: string): Promise<DenyRule | undefined> {
    const row = await this.db.find(null, (session) => session.table(denyRuleEntity).findOneBy({ id }));
    return row === null ? undefined : toDenyRule(row);
  }

  async createDenyRule(rule: DenyRule): Promise<void> {
    assertStorable(rule);
    const work = this.db.transaction(async (session) => {
      await session.table(denyRuleEntity).insert(plain({ ...rule, conditionKey: denyKey(rule) }));
      await this.#announce(session, rule.id);
    });
    await unlessTaken(`deny policy for this ${rule.conditionType}`, work);
  }

  enableDenyRule(tenantDomain: string, id: string, enabled: boolean): Promise<DenyRule | undefined> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const row = await session.table(denyRuleEntity).findOne({ where: { tenantDomain, id }, lock });
      if (row === null) return undefined;
      await session.table(denyRuleEntity).update({ id }, { enabled });
      await this.#announce(session, id);
      return toDenyRule({ ...row, enabled });
    });
  }

  deleteDenyRule(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(denyRuleEntity).delete({ tenantDomain, id });
      if (affected !== 1) return false;
      await this.#announce(session, id);
      return true;
    });
  }

  #announce(session: Session, id: string): Promise<void> {
    return appendCatalog(session, this.clock.now(), [{ entity: 'deny_rule', id }]);
  }
}

export function toDenyRule({ conditionKey: _, ...row }: DenyRuleRow): DenyRule {
  // The value was taken from a rule of this type.
  return row as DenyRule;
}
