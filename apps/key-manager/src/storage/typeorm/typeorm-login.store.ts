import type { Consent, ConsentStore } from '../../oauth2/authorization/consent.js';
import type { LoginSession, LoginSessionStore } from '../../oauth2/authorization/login-session.js';
import { AlreadyExists } from '../errors.js';
import { assertStorable } from '../storable.js';
import type { Database } from './database.js';

/** Logins in browsers and what users allowed clients there. */
export class TypeOrmLoginStore implements LoginSessionStore, ConsentStore {
  constructor(private readonly db: Database) {}

  async startSession(session: LoginSession): Promise<void> {
    assertStorable(session);
    const { hash, id, subject, tenantDomain, authTime, lastUsedAt, expiresAt, subjectEpoch } = session;
    const started = await this.db.run((run) =>
      run.changed(
        `insert into login_sessions
           (hash, id, subject, tenant_domain, auth_time, last_used_at, expires_at, subject_epoch)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (hash) do nothing`,
        [hash, id, subject, tenantDomain, authTime, lastUsedAt, expiresAt, subjectEpoch],
      ),
    );
    if (started === 0) throw new AlreadyExists('a login session');
  }

  async findSession(hash: Buffer): Promise<LoginSession | undefined> {
    const row = await this.db.run((run) =>
      run.row<SessionColumns>(
        `select hash, id, subject, tenant_domain, auth_time, last_used_at, expires_at, subject_epoch
         from login_sessions s where hash = $1 and subject_epoch = ${epochOf('s.subject')}`,
        [hash],
      ),
    );
    return row && toSession(row);
  }

  async touchSession(hash: Buffer, at: number): Promise<void> {
    await this.db.run((run) =>
      run.changed('update login_sessions set last_used_at = $2 where hash = $1 and last_used_at < $2', [hash, at]),
    );
  }

  async endSession(hash: Buffer): Promise<boolean> {
    return (await this.db.run((run) => run.changed('delete from login_sessions where hash = $1', [hash]))) === 1;
  }

  async subjectEpoch(subject: string): Promise<number> {
    const row = await this.db.find(undefined, (run) =>
      run.row<{ epoch: number }>(`select ${epochOf('$1')} as epoch`, [subject]),
    );
    return row?.epoch ?? 0;
  }

  async findConsent(subject: string, clientId: string): Promise<Consent | undefined> {
    const row = await this.db.find(undefined, (run) =>
      run.row<ConsentColumns>(
        'select subject, tenant_domain, client_id, scope, granted_at from consents where subject = $1 and client_id = $2',
        [subject, clientId],
      ),
    );
    return row && toConsent(row);
  }

  async rememberConsent(consent: Consent): Promise<void> {
    assertStorable(consent);
    const { subject, tenantDomain, clientId, scope, grantedAt } = consent;
    await this.db.run((run) =>
      run.changed(
        `insert into consents (subject, tenant_domain, client_id, scope, granted_at)
         select $1, $5, client_id, $3::text[], $4 from oauth_clients where client_id = $2 for key share
         on conflict (subject, client_id) do update set granted_at = excluded.granted_at,
           scope = array(select distinct name collate "C" from unnest(consents.scope || excluded.scope) name order by 1)`,
        [subject, clientId, [...scope].sort(), grantedAt, tenantDomain],
      ),
    );
  }

  async listConsents(subject: string): Promise<Consent[]> {
    const rows = await this.db.find([], (run) =>
      run.rows<ConsentColumns>(
        'select subject, tenant_domain, client_id, scope, granted_at from consents where subject = $1 order by client_id',
        [subject],
      ),
    );
    return rows.map(toConsent);
  }

  async forgetConsent(subject: string, clientId: string): Promise<boolean> {
    const forgotten = await this.db.find(0, (run) =>
      run.changed('delete from consents where subject = $1 and client_id = $2', [subject, clientId]),
    );
    return forgotten === 1;
  }
}

const epochOf = (subject: string) => `coalesce((select token_epoch from subject_epochs where subject = ${subject}), 0)`;

interface SessionColumns {
  hash: Buffer;
  id: string;
  subject: string;
  tenant_domain: string;
  auth_time: number;
  last_used_at: number;
  expires_at: number;
  subject_epoch: number;
}

function toSession(row: SessionColumns): LoginSession {
  return {
    hash: row.hash,
    id: row.id,
    subject: row.subject,
    tenantDomain: row.tenant_domain,
    authTime: row.auth_time,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
    subjectEpoch: row.subject_epoch,
  };
}

interface ConsentColumns {
  subject: string;
  tenant_domain: string;
  client_id: string;
  scope: string[];
  granted_at: number;
}

function toConsent(row: ConsentColumns): Consent {
  return {
    subject: row.subject,
    tenantDomain: row.tenant_domain,
    clientId: row.client_id,
    scope: row.scope,
    grantedAt: row.granted_at,
  };
}
