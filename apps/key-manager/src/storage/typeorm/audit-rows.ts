import { type AuditHead, type ChainedEvent, chained } from '../../audit/audit-chain.js';
import type { AuditEvent } from '../../oauth2/ports.js';
import type { Session } from './database.js';
import { StatementFailed } from './database-errors.js';

/** An event and the time it happened, ready to be kept. */
export type TimedEvent = AuditEvent & { readonly at: number };

/**
 * Puts the events at the end of the chain, in this transaction. The head stays locked until the commit, and every
 * writer queues here: take it last, after the numbers of the feeds.
 */
export async function appendAudit(session: Session, events: readonly TimedEvent[]): Promise<void> {
  if (events.length === 0) return;
  const head = await session.row<AuditHead>('select seq, hash from audit_head for update');
  if (head === undefined) throw new StatementFailed('the head of the audit log is gone');
  const placed = chained(head, events);
  const last = placed.at(-1) ?? head;
  await session.rows(appendStatement, [...columnsOf(placed), last.seq, last.hash]);
}

const appendStatement = `
with added as (
  insert into audit_events (seq, at, tenant_domain, actor, action, target, client_address, detail, previous_hash, hash)
  select seq, at, tenant_domain, actor, action, target, client_address, detail::jsonb, previous_hash, hash
  from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bytea[], $10::bytea[])
  as t (seq, at, tenant_domain, actor, action, target, client_address, detail, previous_hash, hash)
)
update audit_head set seq = $11, hash = $12`;

function columnsOf(events: readonly ChainedEvent[]): unknown[] {
  return [
    events.map(({ seq }) => seq),
    events.map(({ at }) => at),
    events.map(({ tenantDomain }) => tenantDomain),
    events.map(({ actor }) => actor),
    events.map(({ action }) => action),
    events.map(({ target }) => target),
    events.map(({ clientAddress }) => clientAddress ?? null),
    events.map(({ detail }) => (detail === undefined ? null : JSON.stringify(detail))),
    events.map(({ previousHash }) => previousHash),
    events.map(({ hash }) => hash),
  ];
}

export const auditColumns =
  'seq, at, tenant_domain, actor, action, target, client_address, detail, previous_hash, hash';

export interface AuditColumns {
  seq: number;
  at: number;
  tenant_domain: string;
  actor: string;
  action: string;
  target: string;
  client_address: string | null;
  detail: NonNullable<AuditEvent['detail']> | null;
  previous_hash: Buffer;
  hash: Buffer;
}

export function toAuditEvent(row: AuditColumns): ChainedEvent {
  return {
    seq: row.seq,
    at: row.at,
    tenantDomain: row.tenant_domain,
    actor: row.actor,
    action: row.action,
    target: row.target,
    ...(row.client_address === null ? {} : { clientAddress: row.client_address }),
    ...(row.detail === null ? {} : { detail: row.detail }),
    previousHash: row.previous_hash,
    hash: row.hash,
  };
}
