import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const logins = `
-- Logins in browsers, by the SHA-256 of the cookie.
create table login_sessions (
  hash           bytea primary key check (length(hash) = 32),
  id             text collate "C" not null,
  subject        text collate "C" not null,
  tenant_domain  text collate "C" not null,
  auth_time      bigint not null,
  last_used_at   bigint not null,
  expires_at     bigint not null,
  -- subject_epochs.token_epoch at login; the login is over when that has moved on.
  subject_epoch  bigint not null
);
create index login_sessions_to_sweep on login_sessions (expires_at);
`;

const consents = `
-- What users allowed clients for good.
create table consents (
  subject        text collate "C" not null,
  tenant_domain  text collate "C" not null,
  client_id      text collate "C" not null references oauth_clients (client_id) on delete cascade,
  scope          text[] not null,
  granted_at     bigint not null,
  primary key (subject, client_id)
);
create index consents_of_client on consents (client_id);
`;

/** Logins in browsers and what users allowed clients there. */
export class LoginsAndConsents1764000004000 implements WrittenMigration {
  readonly name = 'LoginsAndConsents1764000004000';
  readonly statements = [logins, consents];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
