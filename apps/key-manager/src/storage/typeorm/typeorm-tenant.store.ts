import { randomUUID } from 'node:crypto';
import type { Clock } from '../../oauth2/ports.js';
import { defaultPolicies } from '../../policies/default-policies.js';
import type { TenantConfig, TenantConfigStore } from '../../policies/tenant-config.js';
import { builtInRoles } from '../../users/user.js';
import type { Tenant, TenantStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { type Database, plain, type Session } from './database.js';
import { policyEntity, tenantConfigEntity } from './entities/policy.entity.js';
import { tenantEntity } from './entities/tenant.entity.js';
import { roleEntity } from './entities/user.entity.js';
import { appendCatalog } from './feed-numbers.js';
import { toPolicyRow } from './typeorm-policy.store.js';

export class TypeOrmTenantStore implements TenantStore, TenantConfigStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async seedTenant(domain: string): Promise<void> {
    assertStorable(domain);
    const createdAt = this.clock.now();
    await this.db.transaction(async (session) => {
      const made = await insertMissing(session, tenantEntity, [{ domain, active: true, createdAt }]);
      const roles = builtInRoles.map((name) => ({ id: randomUUID(), tenantDomain: domain, name }));
      await insertMissing(session, roleEntity, roles);
      // Only with the tenant: a tier that an administrator deleted stays deleted.
      if (made === 0) return;
      const tiers = defaultPolicies(domain).map(toPolicyRow);
      await session.table(policyEntity).insert(tiers.map(plain));
      const changes = tiers.map(({ id }) => ({ entity: 'throttling_policy' as const, id }));
      await appendCatalog(session, createdAt, changes);
    });
  }

  async findTenant(domain: string): Promise<Tenant | undefined> {
    const row = await this.db.find(null, (session) => session.table(tenantEntity).findOneBy({ domain }));
    return row ?? undefined;
  }

  listTenants(): Promise<Tenant[]> {
    return this.db.run((session) => session.table(tenantEntity).find({ order: { domain: 'ASC' } }));
  }

  async findTenantConfig(tenantDomain: string): Promise<TenantConfig> {
    const row = await this.db.find(null, (session) => session.table(tenantConfigEntity).findOneBy({ tenantDomain }));
    return row === null ? {} : (JSON.parse(row.document) as TenantConfig);
  }

  async saveTenantConfig(tenantDomain: string, config: TenantConfig): Promise<void> {
    assertStorable(config);
    const row = { tenantDomain, document: JSON.stringify(config) };
    await this.db.run((session) => session.table(tenantConfigEntity).upsert(row, ['tenantDomain']));
  }
}

/** How many there were not. */
async function insertMissing<Row extends object>(
  session: Session,
  entity: Parameters<typeof session.table<Row>>[0],
  rows: readonly Row[],
): Promise<number> {
  const insert = session.table(entity).createQueryBuilder().insert();
  const { raw } = await insert
    .values([...rows])
    .orIgnore()
    .returning('*')
    .execute();
  return (raw as unknown[]).length;
}
