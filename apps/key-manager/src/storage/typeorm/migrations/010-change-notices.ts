import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

/** What key managers remember, and the tables it is made of. */
const sources = {
  clients: ['oauth_clients', 'client_secrets', 'applications'],
  users: ['users', 'user_roles', 'roles', 'subject_epochs'],
  scopes: ['shared_scopes', 'api_scopes'],
} as const;

const notice = `
create function tell_of_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('keygate_feeds', 'facts ' || tg_argv[0]);
  return null;
end
$$`;

const triggers = Object.entries(sources).flatMap(([facts, tables]) =>
  tables.map(
    (table) => `
create trigger ${table}_changed after insert or update or delete or truncate on ${table}
  for each statement execute function tell_of_change('${facts}')`,
  ),
);

/**
 * Key managers remember clients, users and scopes for a few seconds. The tables themselves say when those change, so
 * that no writer can forget to: not a store that is added later, and not an operator with psql.
 */
export class ChangeNotices1764000010000 implements WrittenMigration {
  readonly name = 'ChangeNotices1764000010000';
  readonly statements = [notice, ...triggers];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
