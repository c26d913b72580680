import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const signingKeys = `
alter table signing_keys add column activates_at bigint, add column last_expires_at bigint;
create unique index signing_keys_one_pending on signing_keys (tenant_domain, alg) where state = 'pending';
`;

const reusableTokens = `
-- Which live pair a client, user and scope have (reuseActiveToken), by the SHA-256 of those. The values are derived
-- from the salt and the server key, and kept nowhere.
create table reusable_tokens (
  hash         bytea primary key check (length(hash) = 32),
  salt         bytea,
  access_hash  bytea,
  expires_at   bigint
);
create index reusable_tokens_to_sweep on reusable_tokens (expires_at);
`;

/** Rotation of signing keys, tokens that are given out again. */
export class Signing1764000005000 implements WrittenMigration {
  readonly name = 'Signing1764000005000';
  readonly statements = [signingKeys, reusableTokens];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
