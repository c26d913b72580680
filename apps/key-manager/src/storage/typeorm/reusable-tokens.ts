import type { NewTokens, ReusablePair } from '../../oauth2/model.js';
import { isReusable, newReusable } from '../../oauth2/reusable-pair.js';
import type { Session } from './database.js';
import { grantColumns, grantIsAlive, toConfirmationText, toScopeText } from './grant-rows.js';
import type { Statement } from './hot-statements.js';
import { insertPair } from './token-batch.js';
import { type AccessTokenColumns, toAccessToken } from './token-rows.js';

/** One more access token beside a refresh token, if that is ACTIVE once the row of its grant is locked. */
export async function addAccessToken(
  session: Session,
  refreshHash: Buffer,
  { hash, scope, issuedAt, expiresAt, confirmation }: NewTokens['accessToken'],
): Promise<boolean> {
  // First, as in a rotation and a revocation: whoever comes later sees this token and ends it.
  await session.rows(
    'select id from grants where id = (select grant_id from refresh_tokens where hash = $1) for no key update',
    [refreshHash],
  );
  const added = await session.changed(
    `insert into access_tokens (hash, grant_id, refresh_hash, scope, issued_at, expires_at, confirmation, revoked)
     select $2, r.grant_id, r.hash, $3, $4::bigint, $5::bigint, $6, false
     from refresh_tokens r join grants g on g.id = r.grant_id
     where r.hash = $1 and r.state = 'ACTIVE' and ${grantIsAlive}`,
    [refreshHash, hash, toScopeText(scope), issuedAt, expiresAt ?? null, toConfirmationText(confirmation)],
  );
  return added === 1;
}

export interface ReusableColumns extends AccessTokenColumns {
  salt: Buffer;
  has_refresh_token: boolean | null;
  refresh_expires_at: number | null;
}

const findStatement: Statement = {
  name: 'find_reusable',
  text: `
select k.salt, a.hash, a.scope, a.issued_at, a.expires_at, a.confirmation, a.revoked or not ${grantIsAlive} as revoked,
  r.state = 'ACTIVE' as has_refresh_token, r.expires_at as refresh_expires_at, ${grantColumns}
from reusable_tokens k join access_tokens a on a.hash = k.access_hash join grants g on g.id = a.grant_id
left join refresh_tokens r on r.hash = a.refresh_hash
where k.hash = $1`,
};

/** `run` decides whether it is read on its own or in a transaction. */
export async function findReusable(
  run: (statement: Statement, values: unknown[]) => Promise<ReusableColumns[]>,
  key: Buffer,
): Promise<ReusablePair | undefined> {
  const [row] = await run(findStatement, [key]);
  if (!row) return undefined;
  const refreshToken = row.has_refresh_token ? { expiresAt: row.refresh_expires_at ?? undefined } : undefined;
  return { salt: row.salt, accessToken: toAccessToken(row), refreshToken };
}

export interface ReusableRequest {
  readonly key: Buffer;
  readonly salt: Buffer;
  readonly tokens: NewTokens;
}

/** The row of the key is locked first; what its holder before has committed is seen by the statements that follow. */
export async function saveReusable(session: Session, { key, salt, tokens }: ReusableRequest): Promise<ReusablePair> {
  await session.rows(
    'insert into reusable_tokens as k (hash) values ($1) on conflict (hash) do update set hash = k.hash',
    [key],
  );
  const known = await findReusable(({ text }, values) => session.rows(text, values), key);
  if (isReusable(known, tokens.refreshToken !== undefined, tokens.accessToken.issuedAt)) return known;
  await insertPair(({ text }, values) => session.rows(text, values), tokens);
  const { hash, expiresAt } = tokens.accessToken;
  await session.changed('update reusable_tokens set salt = $2, access_hash = $3, expires_at = $4 where hash = $1', [
    key,
    salt,
    hash,
    expiresAt ?? null,
  ]);
  return newReusable(salt, tokens);
}
