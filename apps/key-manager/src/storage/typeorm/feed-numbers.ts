import type { RevocationTarget } from '../../oauth2/model.js';
import type { CatalogEntity } from '../feeds.js';
import type { Queries } from './database.js';

/** Channel of NOTIFY; the payload is `<feed> <number>`. */
export const channel = 'keygate_feeds';

/*
 * Numbers come from one row per feed that stays locked until the commit. That makes them gapless and in the order of
 * the commits, and it makes writers queue here: take them last in a transaction, the catalogue's before the
 * revocations', so that the queue is short and nobody waits in a circle.
 */

/** Appends catalogue events to the transaction and tells listeners at its commit. */
export async function appendCatalog(
  session: Queries,
  at: number,
  changes: readonly { readonly entity: CatalogEntity; readonly id: string }[],
): Promise<void> {
  if (changes.length === 0) return;
  await session.rows(
    `with item as (
       select * from unnest($1::text[], $2::text[]) with ordinality as t (entity, entity_id, position)
     ), next as (
       update counters set value = value + $3 where name = 'catalog' returning value
     ), added as (
       insert into catalog_events (revision, entity, entity_id, created_at)
       select next.value - $3 + position, entity, entity_id, $4 from item, next
     )
     select pg_notify('${channel}', 'catalog ' || value) from next`,
    [changes.map(({ entity }) => entity), changes.map(({ id }) => id), changes.length, at],
  );
}

export interface NewRevocation {
  readonly target: RevocationTarget;
  readonly expiresAt?: number | null | undefined;
}

/** Appends revocations to the transaction and tells listeners at its commit. */
export async function appendRevocations(
  session: Queries,
  { revokedAt, now }: { revokedAt: number; now: number },
  revocations: readonly NewRevocation[],
): Promise<void> {
  if (revocations.length === 0) return;
  await session.rows(
    `with item as (
       select * from unnest($1::text[], $2::bytea[], $3::text[], $4::bigint[])
         with ordinality as t (kind, token_hash, target_id, expires_at, position)
     ), next as (
       update counters set value = value + $5 where name = 'revocations' returning value
     ), added as (
       insert into revocations (seq, kind, token_hash, target_id, revoked_at, expires_at, created_at)
       select next.value - $5 + position, kind, token_hash, target_id, $6, expires_at, $7 from item, next
     )
     select pg_notify('${channel}', 'revocations ' || value) from next`,
    [
      revocations.map(({ target }) => target.kind),
      revocations.map(({ target }) => (target.kind === 'token' ? target.hash : null)),
      revocations.map(({ target }) => idOf(target)),
      revocations.map(({ expiresAt }) => expiresAt ?? null),
      revocations.length,
      revokedAt,
      now,
    ],
  );
}

function idOf(target: RevocationTarget): string | null {
  if (target.kind === 'grant') return target.grantId;
  if (target.kind === 'client') return target.clientId;
  return target.kind === 'subject' ? target.subject : null;
}
