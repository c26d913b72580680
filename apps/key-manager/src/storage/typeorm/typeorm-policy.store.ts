import type { Clock } from '../../oauth2/ports.js';
import type { PolicyLevel, PolicyOf, ThrottlingPolicy } from '../../policies/policy.js';
import { type PolicyStore, resetId } from '../../policies/policy-store.js';
import { assertStorable } from '../storable.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import { type PolicyRow, policyEntity } from './entities/policy.entity.js';
import { appendCatalog } from './feed-numbers.js';

export class TypeOrmPolicyStore implements PolicyStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async listPolicies<L extends PolicyLevel>(tenantDomain: string, level: L): Promise<PolicyOf<L>[]> {
    const order = { name: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(policyEntity).find({ where: { tenantDomain, level }, order }),
    );
    return rows.map((row) => toPolicy(row) as PolicyOf<L>);
  }

  async findPolicy<L extends PolicyLevel>(tenantDomain: string, level: L, name: string) {
    const found = await this.#find({ tenantDomain, level, name });
    return found as PolicyOf<L> | undefined;
  }

  findPolicyById(id: string): Promise<ThrottlingPolicy | undefined> {
    return this.#find({ id });
  }

  async createPolicy(policy: ThrottlingPolicy): Promise<void> {
    assertStorable(policy);
    const work = this.db.transaction(async (session) => {
      await session.table(policyEntity).insert(plain(toPolicyRow(policy)));
      await this.#announce(session, policy.id);
    });
    await unlessTaken(`${policy.level} policy ${policy.name}`, work);
  }

  updatePolicy(policy: ThrottlingPolicy): Promise<boolean> {
    assertStorable(policy);
    const { id, tenantDomain, level, name: _, ...row } = toPolicyRow(policy);
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(policyEntity).update({ id, tenantDomain, level }, plain(row));
      if (affected !== 1) return false;
      await this.#announce(session, id);
      return true;
    });
  }

  deletePolicy({ tenantDomain, level, id, name }: ThrottlingPolicy): Promise<'deleted' | 'used' | 'missing'> {
    return this.db.transaction(async (session) => {
      const uses = usesOf[level];
      if (uses !== undefined && (await session.row(uses, [tenantDomain, name])) !== undefined) return 'used';
      const { affected } = await session.table(policyEntity).delete({ id, tenantDomain, level });
      if (affected !== 1) return 'missing';
      await this.#announce(session, id);
      return 'deleted';
    });
  }

  async resetCounters(applicationId: string, user: string): Promise<void> {
    const id = resetId(applicationId, user);
    assertStorable(id);
    await this.db.transaction((session) =>
      appendCatalog(session, this.clock.now(), [{ entity: 'throttle_reset', id }]),
    );
  }

  async #find(by: Partial<PolicyRow>): Promise<ThrottlingPolicy | undefined> {
    const row = await this.db.find(null, (session) => session.table(policyEntity).findOneBy(by));
    return row === null ? undefined : toPolicy(row);
  }

  #announce(session: Session, id: string): Promise<void> {
    return appendCatalog(session, this.clock.now(), [{ entity: 'throttling_policy', id }]);
  }
}

/** One row for each use of a tier. What is deployed counts beside what the API is now: gateways run the former. */
const usesOf: Readonly<Record<PolicyLevel, string | undefined>> = {
  application: 'select 1 from applications where tenant_domain = $1 and throttling_policy = $2 limit 1',
  // The tier is that of the API's tenant, also when the application is another tenant's.
  subscription: `
    select 1 from subscriptions s join apis a on a.id = s.api_id
    where a.tenant_domain = $1 and $2 in (s.throttling_policy, s.requested_throttling_policy) limit 1`,
  advanced: `
    with body as (
      select body from apis where tenant_domain = $1
      union all
      select r.body from api_deployments d join api_revisions r on r.id = d.revision_id where d.tenant_domain = $1
    )
    select 1 from body
    where body ->> 'apiThrottlingPolicy' = $2
       or body -> 'operations' @> jsonb_build_array(jsonb_build_object('throttlingPolicy', $2::text)) limit 1`,
  custom: undefined,
};

export function toPolicyRow(policy: ThrottlingPolicy): PolicyRow {
  const { id, tenantDomain, level, name, displayName, description, ...body } = policy;
  return { id, tenantDomain, level, name, displayName, description, body };
}

export function toPolicy({ body, ...row }: PolicyRow): ThrottlingPolicy {
  // The body was taken from a policy of this level.
  return { ...body, ...row } as ThrottlingPolicy;
}
