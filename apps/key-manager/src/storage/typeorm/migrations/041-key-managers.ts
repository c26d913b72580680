import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const keyManagers = `
-- What nothing is looked up by is one document; secrets in it are sealed.
create table key_managers (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  name           text collate "C" not null,
  type           text not null,
  enabled        boolean not null,
  issuer         text collate "C" not null,
  token_type     text not null,
  body           jsonb not null,
  created_at     bigint not null,
  unique (tenant_domain, name)
);
create index key_managers_by_issuer on key_managers (tenant_domain, issuer);
`;

const consumerKeys = `
-- Consumer keys of applications at those; the resident key manager's are oauth_clients.
create table foreign_consumer_keys (
  key_mapping_id  text collate "C" primary key,
  tenant_domain   text collate "C" not null,
  application_id  text collate "C" not null references applications (id),
  key_manager_id  text collate "C" not null references key_managers (id),
  consumer_key    text collate "C" not null,
  key_type        text not null,
  created_at      bigint not null,
  unique (key_manager_id, consumer_key),
  unique (application_id, key_manager_id, key_type)
);
`;

/** Key managers of somebody else, and the consumer keys that applications have there. */
export class KeyManagers1764000041000 implements WrittenMigration {
  readonly name = 'KeyManagers1764000041000';
  readonly statements = [keyManagers, consumerKeys];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
