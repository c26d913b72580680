import type { OperationPolicy, OperationPolicyStore } from '../../apis/operation-policies/operation-policy.js';
import { assertStorable } from '../storable.js';
import { type Database, unlessTaken } from './database.js';
import { operationPolicyEntity } from './entities/operation-policy.entity.js';

export class TypeOrmOperationPolicyStore implements OperationPolicyStore {
  constructor(private readonly db: Database) {}

  async createOperationPolicy(policy: OperationPolicy): Promise<void> {
    assertStorable(policy);
    const { id, tenantDomain, name, version, createdAt, ...body } = policy;
    const row = { id, tenantDomain, name, version, createdAt, body };
    const work = this.db.run((session) => session.table(operationPolicyEntity).insert(row));
    await unlessTaken(`operation policy ${name} ${version}`, work);
  }

  async listOperationPolicies(tenantDomain: string): Promise<OperationPolicy[]> {
    const order = { name: 'ASC', version: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(operationPolicyEntity).find({ where: { tenantDomain }, order }),
    );
    return rows.map(({ body, ...row }) => ({ ...body, ...row }));
  }
}
