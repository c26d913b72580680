import type { NewTokens } from '../../oauth2/model.js';
import type { Queries } from './database.js';
import { appendRevocations } from './feed-numbers.js';
import { grantIsAlive, toConfirmationText, toScopeText } from './grant-rows.js';
import { lastExpiry } from './token-expiry.js';

export interface RotationRequest {
  readonly presented: Buffer;
  readonly salt: Buffer;
  readonly successor: NewTokens;
}

/**
 * ACTIVE → ROTATED with everything that goes with it, for requests of different grants. Says of each whether it was
 * first. The rows of the grants are locked first and in order, so that requests of one family queue there and never
 * wait for each other in a circle.
 */
export async function rotate(session: Queries, now: number, requests: readonly RotationRequest[]): Promise<boolean[]> {
  await session.rows(`select from grants where id = any($1::text[]) order by id for no key update`, [
    requests.map(({ successor }) => successor.grant.id),
  ]);
  const parents = await markRotated(session, requests);
  const first = requests.filter(({ presented }) => parents.has(presented.toString('hex')));
  if (first.length > 0) {
    await insertSuccessors(session, first);
    const replaced = await revokeReplaced(session, first, parents);
    const revokedAt = Math.max(...first.map(({ successor }) => successor.accessToken.issuedAt));
    const live = replaced.filter(({ expires_at }) => expires_at === null || expires_at > revokedAt);
    await appendRevocations(
      session,
      { revokedAt, now },
      live.map(({ hash, expires_at }) => ({ target: { kind: 'token', hash }, expiresAt: expires_at })),
    );
  }
  return requests.map(({ presented }) => parents.has(presented.toString('hex')));
}

/** The parents of those that were rotated by this: the rows that come back are the only judge of who was first. */
async function markRotated(session: Queries, requests: readonly RotationRequest[]) {
  const accessTokens = requests.map(({ successor }) => successor.accessToken);
  const rows = await session.rows<{ hash: Buffer; parent_hash: Buffer | null }>(
    `update refresh_tokens r set state = 'ROTATED', rotated_at = item.rotated_at, salt = item.salt, replays = 0,
       successor_used = false, successor_scope = item.scope, successor_expires_at = item.expires_at,
       successor_confirmation = item.confirmation
     from unnest($1::bytea[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::text[])
       as item (presented, grant_id, rotated_at, salt, scope, expires_at, confirmation)
     join grants g on g.id = item.grant_id
     where r.hash = item.presented and r.grant_id = item.grant_id and r.state = 'ACTIVE' and ${grantIsAlive}
     returning r.hash, r.parent_hash`,
    [
      requests.map(({ presented }) => presented),
      requests.map(({ successor }) => successor.grant.id),
      accessTokens.map(({ issuedAt }) => issuedAt),
      requests.map(({ salt }) => salt),
      accessTokens.map(({ scope }) => toScopeText(scope)),
      accessTokens.map(({ expiresAt }) => expiresAt ?? null),
      accessTokens.map(({ confirmation }) => toConfirmationText(confirmation)),
    ],
  );
  return new Map(rows.map(({ hash, parent_hash }) => [hash.toString('hex'), parent_hash]));
}

async function insertSuccessors(session: Queries, requests: readonly RotationRequest[]): Promise<void> {
  const pairs = requests.map(({ presented, successor }) => ({ presented, ...successor }));
  const access = pairs.map(({ accessToken }) => accessToken);
  const refresh = pairs.map(({ refreshToken }) => refreshToken);
  await session.rows(
    `with item as (
       select * from unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[], $7::bigint[],
         $8::text[], $9::bytea[], $10::integer[], $11::text[], $12::bigint[], $13::bigint[], $14::text[])
       as item (grant_id, sweep_after, access_hash, refresh_hash, access_scope, access_issued_at, access_expires_at,
         access_confirmation, presented, generation, refresh_scope, refresh_issued_at, refresh_expires_at,
         refresh_confirmation)
     ), kept as (
       update grants g set sweep_after = case when g.sweep_after is null or item.sweep_after is null then null
         else greatest(g.sweep_after, item.sweep_after) end
       from item where g.id = item.grant_id
     ), saved as (
       insert into access_tokens (hash, grant_id, refresh_hash, scope, issued_at, expires_at, confirmation, revoked)
       select access_hash, grant_id, refresh_hash, access_scope, access_issued_at, access_expires_at,
         access_confirmation, false
       from item
     )
     insert into refresh_tokens (hash, grant_id, parent_hash, generation, scope, issued_at, expires_at,
       confirmation, state, replays, successor_used)
     select refresh_hash, grant_id, presented, generation, refresh_scope, refresh_issued_at, refresh_expires_at,
       refresh_confirmation, 'ACTIVE', 0, false
     from item where refresh_hash is not null`,
    [
      pairs.map(({ grant }) => grant.id),
      pairs.map(({ accessToken, refreshToken }) => lastExpiry(accessToken, refreshToken)),
      access.map(({ hash }) => hash),
      refresh.map((token) => token?.hash ?? null),
      access.map(({ scope }) => toScopeText(scope)),
      access.map(({ issuedAt }) => issuedAt),
      access.map(({ expiresAt }) => expiresAt ?? null),
      access.map(({ confirmation }) => toConfirmationText(confirmation)),
      pairs.map(({ presented }) => presented),
      refresh.map((token) => token?.generation ?? null),
      refresh.map((token) => toScopeText(token?.scope ?? [])),
      refresh.map((token) => token?.issuedAt ?? null),
      refresh.map((token) => token?.expiresAt ?? null),
      refresh.map((token) => toConfirmationText(token?.confirmation)),
    ],
  );
}

/** The access tokens of the rotated pairs die, and the predecessors learn that their successor was used. */
function revokeReplaced(
  session: Queries,
  requests: readonly RotationRequest[],
  parents: ReadonlyMap<string, Buffer | null>,
) {
  return session.rows<{ hash: Buffer; expires_at: number | null }>(
    `with item as (
       select * from unnest($1::text[], $2::bytea[], $3::bytea[]) as item (grant_id, presented, parent)
     ), used as (
       update refresh_tokens r set successor_used = true from item where r.hash = item.parent and not r.successor_used
     )
     update access_tokens a set revoked = true from item
     where a.grant_id = item.grant_id and a.refresh_hash = item.presented and not a.revoked
     returning a.hash, a.expires_at`,
    [
      requests.map(({ successor }) => successor.grant.id),
      requests.map(({ presented }) => presented),
      requests.map(({ presented }) => parents.get(presented.toString('hex')) ?? null),
    ],
  );
}
