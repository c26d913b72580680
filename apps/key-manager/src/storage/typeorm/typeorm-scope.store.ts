import type { SharedScope } from '../../apis/api.js';
import type { SharedScopeStore } from '../../apis/api-store.js';
import type { ScopeStore } from '../../oauth2/ports.js';
import { effectiveBindings } from '../scope-bindings.js';
import { assertStorable, isStorable } from '../storable.js';
import { type Database, unlessTaken } from './database.js';
import { sharedScopeEntity } from './entities/api.entity.js';
import type { Statement } from './hot-statements.js';

export class TypeOrmScopeStore implements ScopeStore, SharedScopeStore {
  constructor(private readonly db: Database) {}

  /** Read for every token that asks for scopes: one statement by hand. */
  async findScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.db.hotFind<DeclarationColumns>(findScopesStatement, [
      tenantDomain,
      names.filter(isStorable),
    ]);
    return effectiveBindings(
      rows.map(({ name, api_name_key, bindings, registered_at, changed_at }) => ({
        name,
        apiNameKey: api_name_key ?? undefined,
        bindings,
        registeredAt: registered_at,
        changedAt: changed_at,
      })),
    );
  }

  async createScope(scope: SharedScope): Promise<void> {
    assertStorable(scope);
    const work = this.db.run((session) => session.table(sharedScopeEntity).insert(toRow(scope)));
    await unlessTaken(`scope ${scope.name}`, work);
  }

  async findScope(tenantDomain: string, id: string): Promise<SharedScope | undefined> {
    const by = { tenantDomain, id };
    const row = await this.db.find(null, (session) => session.table(sharedScopeEntity).findOneBy(by));
    return row ?? undefined;
  }

  listScopes(tenantDomain: string): Promise<SharedScope[]> {
    const order = { name: 'ASC' } as const;
    return this.db.find([], (session) => session.table(sharedScopeEntity).find({ where: { tenantDomain }, order }));
  }

  async updateScope(scope: SharedScope): Promise<boolean> {
    assertStorable(scope);
    const { tenantDomain, id } = scope;
    const work = this.db.run((session) => session.table(sharedScopeEntity).update({ tenantDomain, id }, toRow(scope)));
    return (await unlessTaken(`scope ${scope.name}`, work)).affected === 1;
  }

  async deleteScope(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.find(false, async (session) => {
      const { affected } = await session.table(sharedScopeEntity).delete({ tenantDomain, id });
      return affected === 1;
    });
  }
}

interface DeclarationColumns {
  name: string;
  api_name_key: string | null;
  bindings: string[];
  registered_at: number;
  changed_at: number;
}

const findScopesStatement: Statement = {
  name: 'find_scopes',
  text: `
select name, null as api_name_key, bindings, 0::bigint as registered_at, 0::bigint as changed_at
from shared_scopes where tenant_domain = $1 and name = any($2::text[])
union all
select name, api_name_key, bindings, registered_at, changed_at
from api_scopes where tenant_domain = $1 and name = any($2::text[])`,
};

/** Only the columns: a caller's object may carry more. */
function toRow({ id, tenantDomain, name, displayName, description, bindings }: SharedScope): SharedScope {
  return { id, tenantDomain, name, displayName, description, bindings };
}
