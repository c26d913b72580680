import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const certificates = `
-- What clients of an API may show; key_type null: for both kinds of endpoint.
create table client_certificates (
  api_id         text collate "C" not null references apis (id),
  alias          text collate "C" not null,
  tenant_domain  text collate "C" not null,
  pem            text not null,
  tier           text not null,
  key_type       text,
  created_at     bigint not null,
  primary key (api_id, alias)
);

-- What backends may show.
create table endpoint_certificates (
  tenant_domain  text collate "C" not null,
  alias          text collate "C" not null,
  endpoint       text not null,
  pem            text not null,
  created_at     bigint not null,
  primary key (tenant_domain, alias)
);
`;

/** Certificates of clients and of backends. */
export class Certificates1764000042000 implements WrittenMigration {
  readonly name = 'Certificates1764000042000';
  readonly statements = [certificates];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
