import { fullUserName } from '../../users/user-name.js';
import { effectiveBindings, narrowedScopes } from '../scope-bindings.js';
import type { MemoryDatabase } from './memory-database.js';

/** Bindings of the scopes as they are in force; of all scopes of the tenant when none are named. */
export function bindingsInForce(db: MemoryDatabase, tenantDomain: string, names?: readonly string[]) {
  const own = [...db.apiScopes].flatMap(([apiId, declarations]) =>
    db.apis.get(apiId)?.tenantDomain === tenantDomain ? declarations : [],
  );
  const shared = [...db.sharedScopes.values()]
    .filter((scope) => scope.tenantDomain === tenantDomain)
    .map(({ name, bindings }) => ({ name, bindings, registeredAt: 0, changedAt: 0 }));
  return effectiveBindings([...shared, ...own].filter(({ name }) => names?.includes(name) ?? true));
}

/** Changes declarations and ends every token of the users who have one of the scopes and may no longer have it. */
export function changingBindings<T>(
  db: MemoryDatabase,
  tenantDomain: string,
  names: readonly string[],
  change: () => T,
): T {
  const before = bindingsInForce(db, tenantDomain, names);
  const result = change();
  const narrowed = narrowedScopes(before, bindingsInForce(db, tenantDomain, names));
  const losers = new Set(narrowed.flatMap(({ name, roles }) => losersOf(db, tenantDomain, name, roles)));
  for (const name of losers) db.revokeUser(name, { withClients: true });
  return result;
}

function losersOf(db: MemoryDatabase, tenantDomain: string, scope: string, roles: readonly string[]): string[] {
  const holders = holdersOf(db, scope);
  return [...db.users.values()]
    .filter((user) => user.tenantDomain === tenantDomain && holders.has(fullUserName(user)))
    .filter((user) => !roles.some((role) => user.roles.includes(role)))
    .map(fullUserName);
}

function holdersOf(db: MemoryDatabase, scope: string): Set<string> {
  const live = [...db.accessTokens.values()].filter((token) => !token.revoked && token.scope.includes(scope));
  const owners = live.flatMap(({ grantId }) => {
    const grant = db.grants.get(grantId)?.record;
    return grant?.subject ?? db.clients.get(grant?.clientId ?? '')?.registration.owner ?? [];
  });
  return new Set(owners);
}
