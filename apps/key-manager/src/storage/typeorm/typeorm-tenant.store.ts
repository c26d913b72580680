import { randomUUID } from 'node:crypto';
import type { Clock } from '../../oauth2/ports.js';
import { defaultPolicies } from '../../policies/default-policies.js';
import type { PolicyLevel, PolicyStore, ThrottlingPolicy } from '../../policies/policy.js';
import { builtInRoles } from '../../users/user.js';
import type { Tenant, TenantStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import type { Database, Session } from './database.js';
import { type PolicyRow, policyEntity, tenantEntity } from './entities/tenant.entity.js';
import { roleEntity } from './entities/user.entity.js';

export class TypeOrmTenantStore implements TenantStore, PolicyStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async seedTenant(domain: string): Promise<void> {
    assertStorable(domain);
    const createdAt = this.clock.now();
    await this.db.transaction(async (session) => {
      await insertMissing(session, tenantEntity, [{ domain, active: true, createdAt }]);
      const roles = builtInRoles.map((name) => ({ id: randomUUID(), tenantDomain: domain, name }));
      await insertMissing(session, roleEntity, roles);
      await insertMissing(session, policyEntity, defaultPolicies(domain).map(toPolicyRow));
    });
  }

  async findTenant(domain: string): Promise<Tenant | undefined> {
    const row = await this.db.find(null, (session) => session.table(tenantEntity).findOneBy({ domain }));
    return row ?? undefined;
  }

  listTenants(): Promise<Tenant[]> {
    return this.db.run((session) => session.table(tenantEntity).find({ order: { domain: 'ASC' } }));
  }

  async listPolicies(tenantDomain: string, level: PolicyLevel): Promise<ThrottlingPolicy[]> {
    const order = { name: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(policyEntity).find({ where: { tenantDomain, level }, order }),
    );
    return rows.map(toPolicy);
  }

  async findPolicy(tenantDomain: string, level: PolicyLevel, name: string): Promise<ThrottlingPolicy | undefined> {
    const by = { tenantDomain, level, name };
    const row = await this.db.find(null, (session) => session.table(policyEntity).findOneBy(by));
    return row === null ? undefined : toPolicy(row);
  }

  async seedPolicies(policies: readonly ThrottlingPolicy[]): Promise<void> {
    assertStorable(policies);
    await this.db.run((session) => insertMissing(session, policyEntity, policies.map(toPolicyRow)));
  }
}

async function insertMissing<Row extends object>(
  session: Session,
  entity: Parameters<typeof session.table<Row>>[0],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const insert = session.table(entity).createQueryBuilder().insert();
  await insert
    .values([...rows])
    .orIgnore()
    .execute();
}

function toPolicyRow({ quota, ...policy }: ThrottlingPolicy): PolicyRow {
  return { ...policy, quota: quota ?? null };
}

function toPolicy({ quota, ...row }: PolicyRow): ThrottlingPolicy {
  return { ...row, ...(quota === null ? {} : { quota }) };
}
