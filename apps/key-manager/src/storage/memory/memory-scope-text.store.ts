import type { ScopeText, ScopeTextStore } from '../ports.js';
import type { MemoryDatabase } from './memory-database.js';

export class MemoryScopeTextStore implements ScopeTextStore {
  constructor(private readonly db: MemoryDatabase) {}

  async describeScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, ScopeText>> {
    const texts = new Map<string, ScopeText>();
    const own = [...this.db.apis.values()]
      .filter((api) => api.tenantDomain === tenantDomain)
      .sort((a, b) => b.createdAt - a.createdAt)
      .flatMap(({ body }) => body.scopes.filter(({ shared }) => !shared).map(({ scope }) => scope));
    const shared = [...this.db.sharedScopes.values()].filter((scope) => scope.tenantDomain === tenantDomain);
    for (const { name, displayName, description } of [...own, ...shared]) {
      if (names.includes(name)) texts.set(name, { displayName: displayName ?? '', description: description ?? '' });
    }
    return texts;
  }
}
