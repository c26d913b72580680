import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const identityProviders = `
-- Others whose JWTs and SAML assertions a tenant believes. What nothing is looked up by is one document.
create table identity_providers (
  id              text collate "C" primary key,
  tenant_domain   text collate "C" not null,
  name            text collate "C" not null,
  issuer          text collate "C" not null,
  saml_entity_id  text collate "C",
  enabled         boolean not null,
  body            jsonb not null,
  created_at      bigint not null,
  unique (tenant_domain, name),
  unique (tenant_domain, issuer),
  unique (tenant_domain, saml_entity_id)
);
`;

/** Issuers of assertions and subject tokens that a tenant trusts. */
export class IdentityProviders1764000007000 implements WrittenMigration {
  readonly name = 'IdentityProviders1764000007000';
  readonly statements = [identityProviders];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
