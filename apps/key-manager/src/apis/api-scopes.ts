import { Refusal } from '../refusal.js';
import type { ApiBody, ApiScope } from './api.js';
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
  ports: { readonly apis: Pick<ApiStore, 'findLocalScopes'>; readonly sharedScopes: SharedScopeStore },
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
  for (const { scope, apiName: other } of await ports.apis.findLocalScopes(tenantDomain, local)) {
    if (other.toLowerCase() !== apiName.toLowerCase()) {
      throw new Refusal('invalid', `Scope ${scope} is already assigned locally by another API`);
    }
  }
  requireDeclared(body, new Set([...shared.keys(), ...local]));
  return { ...body, scopes };
}

const pageSize = 200;

/** A scope that is gone while resources ask for it would be one that nobody guards. */
export async function requireUnused(
  apis: Pick<ApiStore, 'listApis'>,
  tenantDomain: string,
  name: string,
): Promise<void> {
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
