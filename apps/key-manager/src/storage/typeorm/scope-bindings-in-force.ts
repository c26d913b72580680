import { fullUserName } from '../../users/user-name.js';
import { effectiveBindings, narrowedScopes } from '../scope-bindings.js';
import type { Session } from './database.js';
import { endUserTokens } from './user-tokens.js';

export interface DeclarationColumns {
  name: string;
  api_name_key: string | null;
  bindings: string[];
  registered_at: number;
  changed_at: number;
}

export const findScopesSql = `
select name, null as api_name_key, bindings, 0::bigint as registered_at, 0::bigint as changed_at
from shared_scopes where tenant_domain = $1 and name = any($2::text[])
union all
select name, api_name_key, bindings, registered_at, changed_at
from api_scopes where tenant_domain = $1 and name = any($2::text[])`;

export const tenantScopesSql = `
select name, null as api_name_key, bindings, 0::bigint as registered_at, 0::bigint as changed_at
from shared_scopes where tenant_domain = $1
union all
select name, api_name_key, bindings, registered_at, changed_at from api_scopes where tenant_domain = $1`;

export function inForce(rows: readonly DeclarationColumns[]): Map<string, readonly string[]> {
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

/**
 * Changes declarations of the scopes and, in the same transaction, ends every token of the users who have a token with
 * one of them and may no longer have it, with what their clients got for themselves.
 */
export async function changingBindings<T>(
  session: Session,
  { now, tenantDomain, names }: { now: number; tenantDomain: string; names: readonly string[] },
  change: () => Promise<T>,
): Promise<T> {
  if (names.length === 0) return change();
  const read = async () => inForce(await session.rows<DeclarationColumns>(findScopesSql, [tenantDomain, names]));
  const before = await read();
  const result = await change();
  const losers = new Set<string>();
  for (const { name, roles } of narrowedScopes(before, await read())) {
    const rows = await session.rows<UserNameColumns>(losersStatement, [tenantDomain, ` ${name} `, now, roles]);
    for (const { tenant_domain, ...user } of rows) losers.add(fullUserName({ ...user, tenantDomain: tenant_domain }));
  }
  await endUserTokens(session, now, [...losers], { withClients: true });
  return result;
}

interface UserNameColumns {
  domain: string;
  username: string;
  tenant_domain: string;
}

// Only the tokens tell who has a scope, and no index helps: it reads every token, which takes seconds when there are
// millions of them. An index would cost more, at every token that is issued, than it saves at the rare change of a scope.
const losersStatement = `
with holder as (
  select distinct coalesce(g.subject, c.owner) as name
  from access_tokens a join grants g on g.id = a.grant_id join oauth_clients c on c.client_id = g.client_id
  where strpos(' ' || a.scope || ' ', $2) > 0 and not a.revoked and (a.expires_at is null or a.expires_at > $3)
)
select u.domain, u.username, u.tenant_domain from users u
join holder on holder.name =
  case u.domain when 'PRIMARY' then '' else u.domain || '/' end || u.username || '@' || u.tenant_domain
where u.tenant_domain = $1 and not exists (
  select from user_roles ur join roles r on r.id = ur.role_id where ur.user_id = u.id and r.name = any($4::text[]))`;
