import type { ApiKey, ApiKeysOf } from '../../applications/api-key.js';
import type { ApiKeyStore } from '../../applications/api-key-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { parseUserName } from '../../users/user-name.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { type ApiKeyColumns, apiKeyColumns, toApiKey, toEnded } from './api-key-rows.js';
import type { Database, Session } from './database.js';
import { appendRevocations } from './feed-numbers.js';
import type { Statement } from './hot-statements.js';

export class TypeOrmApiKeyStore implements ApiKeyStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async findApiKey(hash: Buffer): Promise<ApiKey | undefined> {
    const [row] = await this.db.hot<ApiKeyColumns>(findStatement, [hash]);
    return row && toApiKey(row);
  }

  async markApiKeyUsed(id: string, at: number): Promise<void> {
    await this.db.hotChanged(markStatement, [id, at]);
  }

  addApiKey(key: ApiKey, hash: Buffer, most: number): Promise<boolean> {
    assertStorable(key);
    return this.db.transaction(async (session) => {
      // Whoever deletes the application or locks the user comes before this, or sees the key and ends it.
      await hold(session, key);
      const live = await session.row<{ count: number }>(countSql, [key.applicationId, key.keyType, this.clock.now()]);
      if ((live?.count ?? 0) >= most) return false;
      await session.rows(insertSql, toColumns(key, hash));
      return true;
    });
  }

  async listApiKeys({ applicationId, keyType, owner }: ApiKeysOf): Promise<ApiKey[]> {
    const sql = `
select ${apiKeyColumns} from api_keys where application_id = $1 and key_type = $2 and owner = $3
order by issued_at, id`;
    const rows = await this.db.find([], (session) => session.rows<ApiKeyColumns>(sql, [applicationId, keyType, owner]));
    return rows.map(toApiKey);
  }

  async deleteApiKey({ applicationId, keyType, owner }: ApiKeysOf, id: string): Promise<boolean> {
    const sql = `
delete from api_keys where id = $1 and application_id = $2 and key_type = $3 and owner = $4
returning id, expires_at`;
    return this.db.transaction(async (session) => {
      const ended = await session.rows<ApiKeyColumns>(sql, [id, applicationId, keyType, owner]);
      const now = this.clock.now();
      await appendRevocations(session, { revokedAt: now, now }, ended.map(toEnded));
      return ended.length > 0;
    });
  }
}

const findStatement: Statement = {
  name: 'find_api_key',
  text: `select ${apiKeyColumns} from api_keys where hash = $1`,
};

const markStatement: Statement = {
  name: 'mark_api_key_used',
  text: 'update api_keys set last_used_at = $2 where id = $1 and coalesce(last_used_at < $2, true)',
};

/** Throws `NotFound` unless both are there, and keeps them as they are until the transaction is over. */
async function hold(session: Session, { applicationId, owner }: ApiKey): Promise<void> {
  // One after the other at the same application, so that none slips over the limit.
  const application = 'select id from applications where id = $1 for no key update';
  if (!(await session.row(application, [applicationId]))) throw new NotFound(`application ${applicationId}`);
  const { tenantDomain, domain, username } = parseUserName(owner);
  const user = `
select id from users where tenant_domain = $1 and domain = $2 and username_key in ($3, lower($3)) and username = $3
  and not locked for share`;
  if (!(await session.row(user, [tenantDomain, domain, username]))) throw new NotFound(`user ${owner}`);
}

const countSql = `
select count(*) as count from api_keys
where application_id = $1 and key_type = $2 and coalesce(expires_at > $3, true)`;

const insertSql = `
insert into api_keys (id, hash, tenant_domain, application_id, key_type, name, owner, issued_at, expires_at,
  permitted_ips, permitted_referers)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb)`;

function toColumns(key: ApiKey, hash: Buffer): unknown[] {
  const { id, tenantDomain, applicationId, keyType, name, owner, issuedAt, expiresAt } = key;
  const restrictions = [key.permittedIps, key.permittedReferers].map((each) => JSON.stringify(each));
  return [id, hash, tenantDomain, applicationId, keyType, name, owner, issuedAt, expiresAt ?? null, ...restrictions];
}
