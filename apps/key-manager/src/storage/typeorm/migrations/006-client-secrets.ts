import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const secrets = `
alter table client_secrets add column expires_at bigint, add column description text;
create index client_secrets_to_sweep on client_secrets (expires_at) where expires_at is not null;
`;

const registrations = `
-- SHA-256 in hex of what RFC 7592 manages the client with; null for one that was made another way.
alter table oauth_clients add column registration_token_hash text check (length(registration_token_hash) = 64);
-- WSO2's registration knows a client again by its name; RFC 7591's names are for people and may be the same.
drop index oauth_clients_by_name;
create unique index oauth_clients_by_name on oauth_clients (owner, name)
  where application_id is null and registration_token_hash is null;
`;

/** Several secrets with an end of their own (WSO2), and dynamic registration (RFC 7591, RFC 7592). */
export class ClientSecrets1764000006000 implements WrittenMigration {
  readonly name = 'ClientSecrets1764000006000';
  readonly statements = [secrets, registrations];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
