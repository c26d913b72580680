import type { QueryRunner } from 'typeorm';
import { type AuditHead, chained, genesis } from '../../../audit/audit-chain.js';
import { type AuditColumns, toAuditEvent } from '../audit-rows.js';
import type { WrittenMigration } from './written-migration.js';

const columns = `
alter table audit_events
  add column seq           bigint,
  add column previous_hash bytea check (length(previous_hash) = 32),
  add column hash          bytea check (length(hash) = 32);

-- The one row that writers lock: it makes the chain one, however many key managers write.
create table audit_head (
  single  boolean primary key check (single),
  seq     bigint not null,
  hash    bytea not null check (length(hash) = 32)
);
`;

const chain = `
alter table audit_events drop column id;
alter table audit_events
  alter column seq set not null,
  alter column previous_hash set not null,
  alter column hash set not null,
  add primary key (seq);
`;

// A slip or an injected statement changes nothing here. Whoever owns the tables can take the triggers away, and does
// not get past the hashes.
const appendOnly = `
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_events_stay before update or delete or truncate on audit_events
  for each statement execute function audit_is_append_only();
create trigger audit_head_stays before delete or truncate on audit_head
  for each statement execute function audit_is_append_only();
create trigger audit_head_moves_on before update on audit_head
  for each row when (new.seq <= old.seq) execute function audit_is_append_only();
alter table audit_events enable always trigger audit_events_stay;
alter table audit_head enable always trigger audit_head_stays;
alter table audit_head enable always trigger audit_head_moves_on;
`;

const pageRows = 1_000;

/** The audit log becomes a chain of hashes that nobody changes without a trace. */
export class AuditChain1764000002000 implements WrittenMigration {
  readonly name = 'AuditChain1764000002000';
  readonly statements = [columns, chain, appendOnly];

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(columns);
    const head = await chainExisting(runner);
    await runner.query('insert into audit_head (single, seq, hash) values (true, $1, $2)', [head.seq, head.hash]);
    await runner.query(chain);
    await runner.query(appendOnly);
  }

  async down(): Promise<void> {
    throw new Error('The audit chain is not undone: restore a backup instead');
  }
}

/** Events from before, in the order of their ids; the ids had gaps. */
async function chainExisting(runner: QueryRunner): Promise<AuditHead> {
  let head = genesis;
  for (let lastId = 0; ; ) {
    const rows: (AuditColumns & { id: number })[] = await runner.query(
      `select id, 0 as seq, at, tenant_domain, actor, action, target, client_address, detail, ''::bytea as previous_hash,
         ''::bytea as hash
       from audit_events where id > $1 order by id limit $2`,
      [lastId, pageRows],
    );
    if (rows.length === 0) return head;
    const events = chained(head, rows.map(toAuditEvent));
    await runner.query(
      `update audit_events e set seq = t.seq, previous_hash = t.previous_hash, hash = t.hash
       from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[]) as t (id, seq, previous_hash, hash)
       where e.id = t.id`,
      [
        rows.map(({ id }) => id),
        events.map(({ seq }) => seq),
        events.map(({ previousHash }) => previousHash),
        events.map(({ hash }) => hash),
      ],
    );
    head = events.at(-1) ?? head;
    lastId = rows.at(-1)?.id ?? lastId;
  }
}
