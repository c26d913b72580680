import type { SharedScope } from '../../apis/api.js';
import type { SharedScopeStore } from '../../apis/api-store.js';
import type { Clock, ScopeStore } from '../../oauth2/ports.js';
import { assertStorable, isStorable } from '../storable.js';
import { type Database, type Session, unlessTaken } from './database.js';
import { sharedScopeEntity } from './entities/api.entity.js';
import type { Statement } from './hot-statements.js';
import {
  changingBindings,
  type DeclarationColumns,
  findScopesSql,
  inForce,
  tenantScopesSql,
} from './scope-bindings-in-force.js';

export class TypeOrmScopeStore implements ScopeStore, SharedScopeStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Read for every token that asks for scopes: one statement by hand. */
  async findScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.db.hotFind<DeclarationColumns>(findScopesStatement, [
      tenantDomain,
      names.filter(isStorable),
    ]);
    return inForce(rows);
  }

  async createScope(scope: SharedScope): Promise<void> {
    assertStorable(scope);
    const work = this.#changing(scope, (session) => session.table(sharedScopeEntity).insert(toRow(scope)));
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
    const work = this.#changing(scope, (session) =>
      session.table(sharedScopeEntity).update({ tenantDomain, id }, toRow(scope)),
    );
    return (await unlessTaken(`scope ${scope.name}`, work)).affected === 1;
  }

  async deleteScope(tenantDomain: string, id: string): Promise<boolean> {
    const scope = await this.findScope(tenantDomain, id);
    if (scope === undefined) return false;
    const { affected } = await this.#changing(scope, (session) =>
      session.table(sharedScopeEntity).delete({ tenantDomain, id }),
    );
    return affected === 1;
  }

  async bindingsInForce(tenantDomain: string): Promise<ReadonlyMap<string, readonly string[]>> {
    return inForce(await this.db.run((session) => session.rows<DeclarationColumns>(tenantScopesSql, [tenantDomain])));
  }

  #changing<T>({ tenantDomain, name }: SharedScope, change: (session: Session) => Promise<T>): Promise<T> {
    const of = { now: this.clock.now(), tenantDomain, names: [name] };
    return this.db.transaction((session) => changingBindings(session, of, () => change(session)));
  }
}

const findScopesStatement: Statement = { name: 'find_scopes', text: findScopesSql };

/** Only the columns: a caller's object may carry more. */
function toRow({ id, tenantDomain, name, displayName, description, bindings }: SharedScope): SharedScope {
  return { id, tenantDomain, name, displayName, description, bindings };
}
