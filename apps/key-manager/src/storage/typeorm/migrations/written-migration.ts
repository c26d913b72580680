import type { MigrationInterface } from 'typeorm';

/** A migration by hand. Its statements are data, so that a prepared database can be told from one of another schema. */
export interface WrittenMigration extends MigrationInterface {
  readonly name: string;
  readonly statements: readonly string[];
}
