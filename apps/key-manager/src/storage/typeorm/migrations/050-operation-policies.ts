import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const operationPolicies = `
-- Policies of APIs that were uploaded. What an API has of them stands in the API, so gateways need not hear of these.
create table operation_policies (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  name           text collate "C" not null,
  version        text collate "C" not null,
  body           jsonb not null,
  created_at     bigint not null,
  unique (tenant_domain, name, version)
);
`;

/** What publishers may attach to their APIs beside what every tenant has. */
export class OperationPolicies1764000050000 implements WrittenMigration {
  readonly name = 'OperationPolicies1764000050000';
  readonly statements = [operationPolicies];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
