import type { ApiBody } from '../apis/api.js';

/** One place where a scope name is declared in a tenant: a shared scope, or an API for itself. */
export interface ScopeDeclaration {
  readonly name: string;
  /** Name of the declaring API without case; undefined for a shared scope. */
  readonly apiNameKey?: string | undefined;
  readonly bindings: readonly string[];
  readonly registeredAt: number;
  readonly changedAt: number;
}

/**
 * Who may have a scope that is declared more than once. A shared scope wins, then the API that declared it first: a
 * later API must not open another one's scope by declaring it again with other roles. Among the versions of the
 * winning API the newest change counts.
 */
export function effectiveBindings(declarations: readonly ScopeDeclaration[]): Map<string, readonly string[]> {
  const byName = new Map<string, ScopeDeclaration[]>();
  for (const declaration of declarations) {
    const same = byName.get(declaration.name);
    if (same === undefined) byName.set(declaration.name, [declaration]);
    else same.push(declaration);
  }
  return new Map([...byName].map(([name, same]) => [name, winnerOf(same).bindings]));
}

function winnerOf(same: readonly ScopeDeclaration[]): ScopeDeclaration {
  const shared = same.find(({ apiNameKey }) => apiNameKey === undefined);
  if (shared !== undefined) return shared;
  const first = same.reduce((a, b) => (b.registeredAt < a.registeredAt ? b : a));
  return same
    .filter(({ apiNameKey }) => apiNameKey === first.apiNameKey)
    .reduce((a, b) => (b.changedAt > a.changedAt ? b : a));
}

/** The scopes an API declares for itself. */
export function localScopes(body: ApiBody): { name: string; bindings: readonly string[] }[] {
  return body.scopes
    .filter(({ shared }) => !shared)
    .map(({ scope }) => ({ name: scope.name, bindings: scope.bindings }));
}

type Bindings = ReadonlyMap<string, readonly string[]>;

/** WSO2: everybody has this role. */
const everyone = 'Internal/everyone';
const isForEveryone = (bindings: readonly string[]) => bindings.length === 0 || bindings.includes(everyone);

/**
 * The scopes that somebody who had them may have lost, with the roles that may have them now. One that is declared anew,
 * or no longer, takes nothing from anybody.
 */
export function narrowedScopes(before: Bindings, after: Bindings): { name: string; roles: readonly string[] }[] {
  return [...after].flatMap(([name, roles]) => {
    const had = before.get(name);
    if (had === undefined || isForEveryone(roles)) return [];
    return !isForEveryone(had) && had.every((role) => roles.includes(role)) ? [] : [{ name, roles }];
  });
}
