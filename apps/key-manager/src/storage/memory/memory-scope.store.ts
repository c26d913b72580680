import type { SharedScope } from '../../apis/api.js';
import type { SharedScopeStore } from '../../apis/api-store.js';
import type { ScopeStore } from '../../oauth2/ports.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';
import { bindingsInForce, changingBindings } from './memory-scope-bindings.js';

export class MemoryScopeStore implements ScopeStore, SharedScopeStore {
  constructor(private readonly db: MemoryDatabase) {}

  async findScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return bindingsInForce(this.db, tenantDomain, names);
  }

  async createScope(scope: SharedScope): Promise<void> {
    assertStorable(scope);
    const taken = this.#ofTenant(scope.tenantDomain).some(({ name }) => name === scope.name);
    if (taken || this.db.sharedScopes.has(scope.id)) throw new AlreadyExists(`scope ${scope.name}`);
    this.#changing(scope, () => this.db.sharedScopes.set(scope.id, structuredClone(scope)));
  }

  async findScope(tenantDomain: string, id: string): Promise<SharedScope | undefined> {
    const scope = this.db.sharedScopes.get(id);
    return scope?.tenantDomain === tenantDomain ? scope : undefined;
  }

  async listScopes(tenantDomain: string): Promise<SharedScope[]> {
    return this.#ofTenant(tenantDomain).sort((a, b) => inOrder(a.name, b.name));
  }

  async updateScope(scope: SharedScope): Promise<boolean> {
    assertStorable(scope);
    const before = await this.findScope(scope.tenantDomain, scope.id);
    if (before === undefined) return false;
    const taken = this.#ofTenant(scope.tenantDomain).some(({ id, name }) => id !== scope.id && name === scope.name);
    if (taken) throw new AlreadyExists(`scope ${scope.name}`);
    this.#changing(scope, () => this.db.sharedScopes.set(scope.id, structuredClone(scope)));
    return true;
  }

  async deleteScope(tenantDomain: string, id: string): Promise<boolean> {
    const scope = this.db.sharedScopes.get(id);
    return scope?.tenantDomain === tenantDomain && this.#changing(scope, () => this.db.sharedScopes.delete(id));
  }

  async bindingsInForce(tenantDomain: string): Promise<ReadonlyMap<string, readonly string[]>> {
    return bindingsInForce(this.db, tenantDomain);
  }

  #changing<T>({ tenantDomain, name }: SharedScope, change: () => T): T {
    return changingBindings(this.db, tenantDomain, [name], change);
  }

  #ofTenant(tenantDomain: string): SharedScope[] {
    return [...this.db.sharedScopes.values()].filter((scope) => scope.tenantDomain === tenantDomain);
  }
}
