import type { ScopeText, ScopeTextStore } from '../ports.js';
import { isStorable } from '../storable.js';
import type { Database } from './database.js';

/** Names and descriptions of scopes, for people. */
export class TypeOrmScopeTextStore implements ScopeTextStore {
  constructor(private readonly db: Database) {}

  async describeScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, ScopeText>> {
    const rows = await this.db.find([], (run) =>
      run.rows<TextColumns>(describeStatement, [tenantDomain, names.filter(isStorable)]),
    );
    return new Map(
      rows.map((row) => [row.name, { displayName: row.display_name ?? '', description: row.description ?? '' }]),
    );
  }
}

interface TextColumns {
  name: string;
  display_name: string | null;
  description: string | null;
}

// A shared scope wins, then the API that declared it first, as for its roles (`scope-bindings.ts`).
const describeStatement = `
select distinct on (name) name, display_name, description from (
  select name, display_name, description, 0::bigint as registered_at from shared_scopes
  where tenant_domain = $1 and name = any($2::text[])
  union all
  select s.name, entry->'scope'->>'displayName', entry->'scope'->>'description', s.registered_at
  from api_scopes s join apis a on a.id = s.api_id, jsonb_array_elements(a.body->'scopes') entry
  where s.tenant_domain = $1 and s.name = any($2::text[]) and entry->'scope'->>'name' = s.name
) declared
order by name, registered_at`;
