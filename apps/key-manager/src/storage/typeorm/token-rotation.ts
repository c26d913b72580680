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
 * ACTIVE → ROTATED with everything that goes with it. The row of the grant is locked first, so that requests of one
 * family queue there and never wait for each other in a circle.
 */
export async function rotate(session: Queries, now: number, request: RotationRequest): Promise<boolean> {
  const { presented, salt, successor } = request;
  const { accessToken } = successor;
  const grant = await session.row<{ id: string }>(
    `select id from grants where id = (select grant_id from refresh_tokens where hash = $1) for no key update`,
    [presented],
  );
  if (grant === undefined || grant.id !== successor.grant.id) return false;
  const rotated = await session.rows<{ parent_hash: Buffer | null }>(
    `update refresh_tokens set state = 'ROTATED', rotated_at = $2, salt = $3, replays = 0, successor_used = false,
       successor_scope = $4, successor_expires_at = $5, successor_confirmation = $7
     where hash = $1 and state = 'ACTIVE' and exists (select from grants g where g.id = $6 and ${grantIsAlive})
     returning parent_hash`,
    [
      presented,
      accessToken.issuedAt,
      salt,
      toScopeText(accessToken.scope),
      accessToken.expiresAt ?? null,
      grant.id,
      toConfirmationText(accessToken.confirmation),
    ],
  );
  // The row count is the only judge of who was first.
  const [own] = rotated;
  if (own === undefined) return false;
  await insertSuccessor(session, presented, successor);
  const replaced = await session.rows<{ hash: Buffer; expires_at: number | null }>(
    `with used as (update refresh_tokens set successor_used = true where hash = $2 and not successor_used)
     update access_tokens set revoked = true where grant_id = $1 and refresh_hash = $3 and not revoked
     returning hash, expires_at`,
    [grant.id, own.parent_hash, presented],
  );
  const live = replaced.filter(({ expires_at }) => expires_at === null || expires_at > accessToken.issuedAt);
  await appendRevocations(
    session,
    { revokedAt: accessToken.issuedAt, now },
    live.map(({ hash, expires_at }) => ({ target: { kind: 'token', hash }, expiresAt: expires_at })),
  );
  return true;
}

async function insertSuccessor(session: Queries, presented: Buffer, successor: NewTokens): Promise<void> {
  const { grant, accessToken, refreshToken } = successor;
  await session.rows(
    `with kept as (
       update grants set sweep_after = case when sweep_after is null or $2::bigint is null then null
         else greatest(sweep_after, $2) end
       where id = $1
     ), saved as (
       insert into access_tokens (hash, grant_id, refresh_hash, scope, issued_at, expires_at, confirmation, revoked)
       values ($3, $1, $4, $5, $6, $7, $13, false)
     )
     insert into refresh_tokens (hash, grant_id, parent_hash, generation, scope, issued_at, expires_at,
       confirmation, state, replays, successor_used)
     select $4, $1, $8, $9::integer, $10, $11::bigint, $12::bigint, $14, 'ACTIVE', 0, false where $4::bytea is not null`,
    [
      grant.id,
      lastExpiry(accessToken, refreshToken),
      accessToken.hash,
      refreshToken?.hash ?? null,
      toScopeText(accessToken.scope),
      accessToken.issuedAt,
      accessToken.expiresAt ?? null,
      presented,
      refreshToken?.generation ?? null,
      toScopeText(refreshToken?.scope ?? []),
      refreshToken?.issuedAt ?? null,
      refreshToken?.expiresAt ?? null,
      toConfirmationText(accessToken.confirmation),
      toConfirmationText(refreshToken?.confirmation),
    ],
  );
}
