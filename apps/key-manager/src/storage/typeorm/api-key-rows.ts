import type { ApiKey } from '../../applications/api-key.js';
import type { KeyType } from '../../oauth2/model.js';
import type { Session } from './database.js';
import type { NewRevocation } from './feed-numbers.js';

// By name, never `*`: a prepared statement fails once a later migration has added one.
export const apiKeyColumns = `id, tenant_domain, application_id, key_type, name, owner, issued_at, expires_at,
  permitted_ips, permitted_referers, last_used_at`;

export interface ApiKeyColumns {
  id: string;
  tenant_domain: string;
  application_id: string;
  key_type: KeyType;
  name: string;
  owner: string;
  issued_at: number;
  expires_at: number | null;
  permitted_ips: string[];
  permitted_referers: string[];
  last_used_at: number | null;
}

export function toApiKey(row: ApiKeyColumns): ApiKey {
  return {
    id: row.id,
    tenantDomain: row.tenant_domain,
    applicationId: row.application_id,
    keyType: row.key_type,
    name: row.name,
    owner: row.owner,
    issuedAt: row.issued_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    permittedIps: row.permitted_ips,
    permittedReferers: row.permitted_referers,
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}

interface Ended {
  id: string;
  expires_at: number | null;
}

export const toEnded = ({ id, expires_at: expiresAt }: Ended): NewRevocation => ({
  target: { kind: 'grant', grantId: id },
  expiresAt,
});

/** Deletes the API keys of an application; append the answer to the revocations. */
export async function endApplicationApiKeys(session: Session, applicationId: string): Promise<NewRevocation[]> {
  const sql = 'delete from api_keys where application_id = $1 returning id, expires_at';
  return (await session.rows<Ended>(sql, [applicationId])).map(toEnded);
}

/** The same for keys that the user made, and those of the user's applications. */
export async function endUserApiKeys(session: Session, owner: string): Promise<NewRevocation[]> {
  const sql = `
delete from api_keys where owner = $1 or application_id in (select id from applications where owner = $1)
returning id, expires_at`;
  return (await session.rows<Ended>(sql, [owner])).map(toEnded);
}
