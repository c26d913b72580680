import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const columns = `
alter table oauth_clients add column metadata jsonb not null default '{}';
-- How the user logged in, the audience and claims of another issuer: one document, null for most.
alter table grants add column details jsonb;
-- jkt:… or x5t#S256:…; null for a token of whoever bears it.
alter table access_tokens add column confirmation text;
alter table refresh_tokens add column confirmation text, add column successor_confirmation text;
`;

const codes = `
-- What is used once: authorization codes, device codes, pushed requests.
create table one_time_codes (
  hash           bytea primary key check (length(hash) = 32),
  kind           text collate "C" not null,
  client_id      text collate "C" not null,
  tenant_domain  text collate "C" not null,
  grant_id       text collate "C",
  body           jsonb not null,
  expires_at     bigint not null,
  version        integer not null,
  redeemed_at    bigint
);
create index one_time_codes_to_sweep on one_time_codes (expires_at);

-- Ids that must not be accepted a second time (jti of assertions and proofs), by the SHA-256 of space and id.
create table used_ids (
  hash        bytea primary key check (length(hash) = 32),
  expires_at  bigint not null
);
create index used_ids_to_sweep on used_ids (expires_at);
`;

/** Sender-constrained tokens, OpenID Connect, single-use codes, client metadata. */
export class StepTwoTokens1764000003000 implements WrittenMigration {
  readonly name = 'StepTwoTokens1764000003000';
  readonly statements = [columns, codes];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
