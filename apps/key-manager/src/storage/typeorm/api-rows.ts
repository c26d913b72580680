import type { Api, Deployment, Revision } from '../../apis/api.js';
import { localScopes } from '../scope-bindings.js';
import type { Session } from './database.js';
import { type ApiRow, apiScopeEntity, type DeploymentRow, type RevisionRow } from './entities/api.entity.js';

/** Names of APIs are compared without case. */
export const nameKey = (name: string): string => name.toLowerCase();

export function toApiRow(api: Api, lastRevision: number): ApiRow {
  return { ...api, nameKey: nameKey(api.name), lastRevision };
}

export function toApi({ nameKey: _, lastRevision: __, ...api }: ApiRow): Api {
  return api;
}

/**
 * Brings `api_scopes` in step with the body. A scope keeps the time at which the API declared it first, which decides
 * between APIs that declare the same name.
 */
export async function declareScopes(session: Session, api: Api, now: number): Promise<void> {
  const table = session.table(apiScopeEntity);
  const before = new Map((await table.findBy({ apiId: api.id })).map((row) => [row.name, row]));
  await table.delete({ apiId: api.id });
  const rows = localScopes(api.body).map(({ name, bindings }) => {
    const known = before.get(name);
    const same = known !== undefined && JSON.stringify(known.bindings) === JSON.stringify(bindings);
    return {
      apiId: api.id,
      name,
      tenantDomain: api.tenantDomain,
      apiNameKey: nameKey(api.name),
      bindings,
      registeredAt: known?.registeredAt ?? now,
      changedAt: same ? known.changedAt : now,
    };
  });
  // The same name twice in one body is one declaration, the last.
  const unique = [...new Map(rows.map((row) => [row.name, row])).values()];
  if (unique.length > 0) await table.insert(unique);
}

export function toRevision({ tenantDomain: _, ...revision }: RevisionRow): Revision {
  return revision;
}

export function toDeployment({ tenantDomain: _, ...deployment }: DeploymentRow): Deployment {
  return deployment;
}
