import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

// By default PostgreSQL cleans a table up when a fifth of it is dead. Of ten million tokens that is two million entries
// at the front of the indexes that the janitor reads from the front, in every batch.
const often = ['access_tokens', 'refresh_tokens', 'grants', 'revocations', 'used_ids', 'one_time_codes']
  .map(
    (table) => `alter table ${table} set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000);`,
  )
  .join('\n');

/** Tables whose rows live for an hour are cleaned up as they go. */
export class TokenVacuum1764000020000 implements WrittenMigration {
  readonly name = 'TokenVacuum1764000020000';
  readonly statements = [often];

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(often);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are not undone: restore a backup instead');
  }
}
