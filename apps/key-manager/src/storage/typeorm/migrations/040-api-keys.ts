import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const apiKeys = `
create table api_keys (
  id                  text collate "C" primary key,
  hash                bytea not null unique check (length(hash) = 32),
  tenant_domain       text collate "C" not null,
  application_id      text collate "C" not null references applications (id),
  key_type            text not null,
  name                text collate "C" not null,
  owner               text collate "C" not null,
  issued_at           bigint not null,
  expires_at          bigint,
  permitted_ips       jsonb not null,
  permitted_referers  jsonb not null,
  last_used_at        bigint
);
create index api_keys_by_application on api_keys (application_id, owner);
create index api_keys_by_owner on api_keys (owner);
create index api_keys_to_sweep on api_keys (expires_at) where expires_at is not null;
`;

/** API keys by hash; one that is revoked is deleted. */
export class ApiKeys1764000040000 implements WrittenMigration {
  readonly name = 'ApiKeys1764000040000';
  readonly statements = [apiKeys];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
