import { Refusal } from '../refusal.js';
import type { Api, ApiBody, ApiScope } from './api.js';
import type { ApiStore, SharedScopeStore } from './api-store.js';

/** Scopes that mean something to the server itself and can be nobody's else. */
const reserved = /^(apim:.*|internal_.*|openid|default|am_application_scope)$/i;

/** RFC 6749 §3.3: scope-token. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

export function requireScopeName(name: string): void {
  if (!scopeToken.test(name))
    throw new Refusal('invalid', 'A scope name is 1 to 255 visible ASCII characters without " and \\');
  // An API that could bind `apim:admin` to its own roles would open the REST APIs to them.
  if (reserved.test(name)) throw new Refusal('invalid', `The scope name ${name} is reserved`);
}

/**
 * Checks that each scope of the API is its own or a shared one, and that operations ask only for these. Another API's
 * scope cannot be declared again: whoever could do that would hand it out to whom they like.
 */
export async function settleScopes(
  ports: { readonly apis: ScopeOwners; readonly sharedScopes: SharedScopeStore },
  tenantDomain: string,
  apiName: string,
  body: ApiBody,
): Promise<ApiBody> {
  if (body.scopes.length === 0 && body.operations.every(({ scopes }) => scopes.length === 0)) return body;
  const shared = new Map((await ports.sharedScopes.listScopes(tenantDomain)).map((scope) => [scope.name, scope]));
  const scopes = body.scopes.map((entry) => {
    requireScopeName(entry.scope.name);
    return entry.shared ? { shared: true, scope: sharedScope(shared, entry.scope.name) } : entry;
  });
  const local = scopes.filter((entry) => !entry.shared).map(({ scope }) => scope.name);
  requireOwn(local, shared);
  await requireUnclaimed(ports.apis, tenantDomain, apiName, local);
  requireDeclared(body, new Set([...shared.keys(), ...local]));
  return { ...body, scopes };
}

type ScopeOwners = Pick<ApiStore, 'findLocalScopes' | 'findDeployedScopes'>;

/** What gateways still ask for is another API's as well, though its next revision may have dropped it. */
async function requireUnclaimed(
  apis: ScopeOwners,
  tenantDomain: string,
  apiName: string,
  names: readonly string[],
): Promise<void> {
  const declared = await apis.findLocalScopes(tenantDomain, names);
  const deployed = (await apis.findDeployedScopes(tenantDomain, names)).filter(({ shared }) => !shared);
  const claim = [...declared, ...deployed].find((other) => other.apiName.toLowerCase() !== apiName.toLowerCase());
  if (claim) throw new Refusal('invalid', `Scope ${claim.scope} is already assigned locally by another API`);
}

/** An old revision may ask for a scope that has become another API's: that one would decide who may call it. */
export function requireOwnScopes(
  apis: ScopeOwners,
  { tenantDomain, name }: Pick<Api, 'tenantDomain' | 'name'>,
  { scopes }: ApiBody,
): Promise<void> {
  // Those that were shared then, too: they may be no longer.
  const names = scopes.map(({ scope }) => scope.name);
  return requireUnclaimed(apis, tenantDomain, name, names);
}

const pageSize = 200;

/** A scope that is gone while resources ask for it would be one that nobody guards. */
export async function requireUnused(
  apis: Pick<ApiStore, 'listApis' | 'findDeployedScopes'>,
  tenantDomain: string,
  name: string,
): Promise<void> {
  const deployed = (await apis.findDeployedScopes(tenantDomain, [name])).find(({ shared }) => shared);
  if (deployed)
    throw new Refusal('conflict', `Scope ${name} is used by a deployed revision of API ${deployed.apiName}`);
  for (let offset = 0; ; offset += pageSize) {
    const page = await apis.listApis({ tenantDomain, offset, limit: pageSize });
    const user = page.apis.find(({ body }) => body.scopes.some((entry) => entry.shared && entry.scope.name === name));
    if (user) throw new Refusal('conflict', `Scope ${name} is used by API ${user.name}-${user.version}`);
    if (offset + pageSize >= page.total) return;
  }
}

function sharedScope(shared: ReadonlyMap<string, ApiScope>, name: string): ApiScope {
  const found = shared.get(name);
  if (!found) throw new Refusal('invalid', `Shared scope ${name} does not exist`);
  const { id, displayName, description, bindings } = found;
  return { id, name, displayName, description, bindings };
}

function requireOwn(local: readonly string[], shared: ReadonlyMap<string, ApiScope>): void {
  const taken = local.find((name) => shared.has(name));
  if (taken !== undefined) throw new Refusal('invalid', `Scope ${taken} exists as a shared scope`);
  if (new Set(local).size !== local.length) throw new Refusal('invalid', 'A scope is declared twice');
}

function requireDeclared(body: ApiBody, declared: ReadonlySet<string>): void {
  for (const { scopes, verb, target } of body.operations) {
    const unknown = scopes.find((name) => !declared.has(name));
    if (unknown === undefined) continue;
    throw new Refusal('invalid', `Scope ${unknown} of operation ${verb} ${target} is not declared by the API`);
  }
}
