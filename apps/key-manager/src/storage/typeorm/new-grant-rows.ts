import type { NewTokens } from '../../oauth2/model.js';
import { joinEpochs, joinStanding, stands, toConfirmationText, toScopeText } from './grant-rows.js';
import type { Statement } from './hot-statements.js';
import { lastExpiry } from './token-expiry.js';

/** Whether the grant can only have been made together with these tokens; the unique index is the judge. */
export function isNewGrant({ grant, accessToken, refreshToken }: NewTokens): boolean {
  return grant.createdAt === accessToken.issuedAt && (refreshToken === undefined || refreshToken.generation === 0);
}

/**
 * Array literals of PostgreSQL, one for each column. Written here, since the driver takes each value apart and quotes it
 * by regular expressions, which costs more than all the rest of sending a batch.
 */
export function newGrantColumns(batch: readonly NewTokens[]): string[] {
  return [
    words(batch, ({ grant }) => grant.id),
    texts(batch, ({ grant }) => grant.tenantDomain),
    texts(batch, ({ grant }) => grant.clientId),
    texts(batch, ({ grant }) => grant.subject),
    words(batch, ({ grant }) => grant.kind),
    words(batch, ({ grant }) => grant.createdAt),
    words(batch, ({ grant }) => grant.expiresAt),
    words(batch, ({ accessToken, refreshToken }) => lastExpiry(accessToken, refreshToken) ?? undefined),
    texts(batch, ({ grant }) => (grant.details === undefined ? undefined : JSON.stringify(grant.details))),
    hashes(batch, ({ accessToken }) => accessToken.hash),
    texts(batch, ({ accessToken }) => toScopeText(accessToken.scope)),
    words(batch, ({ accessToken }) => accessToken.expiresAt),
    texts(batch, ({ accessToken }) => toConfirmationText(accessToken.confirmation) ?? undefined),
    hashes(batch, ({ refreshToken }) => refreshToken?.hash),
    texts(batch, ({ refreshToken }) => refreshToken && toScopeText(refreshToken.scope)),
    words(batch, ({ refreshToken }) => refreshToken?.expiresAt),
    texts(batch, ({ refreshToken }) => toConfirmationText(refreshToken?.confirmation) ?? undefined),
    texts(batch, ({ restsOn }) => restsOn?.subject),
    words(batch, ({ restsOn }) => restsOn?.epoch),
  ];
}

type Read<T> = (tokens: NewTokens) => T | undefined;

function literal(batch: readonly NewTokens[], element: (tokens: NewTokens) => string): string {
  let text = '{';
  for (const tokens of batch) text += text.length === 1 ? element(tokens) : `,${element(tokens)}`;
  return `${text}}`;
}

/** Numbers, ids and names of ours, which need no quotes. */
const words = (batch: readonly NewTokens[], read: Read<string | number>) =>
  literal(batch, (tokens) => `${read(tokens) ?? 'NULL'}`);

const hashes = (batch: readonly NewTokens[], read: Read<Buffer>) =>
  literal(batch, (tokens) => {
    const hash = read(tokens);
    return hash === undefined ? 'NULL' : `"\\\\x${hash.toString('hex')}"`;
  });

const special = /["\\]/;

/** Anything: what came from outside is always quoted, and what could end the quotes is escaped. */
const texts = (batch: readonly NewTokens[], read: Read<string>) =>
  literal(batch, (tokens) => {
    const text = read(tokens);
    if (text === undefined) return 'NULL';
    return `"${special.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
  });

/** Takes the epochs of the moment, if what each rests on is of that moment too. Fails as a whole when a grant is there already. */
export const insertNewGrants: Statement = {
  name: 'insert_new_grants',
  text: `
with item as materialized (
  select t.*, c.token_epoch as client_epoch, coalesce(s.token_epoch, 0) as subject_epoch,
    ${stands('t')} as stands
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::text[], $10::bytea[], $11::text[], $12::bigint[], $13::text[], $14::bytea[], $15::text[], $16::bigint[],
    $17::text[], $18::text[], $19::bigint[])
  with ordinality as t (grant_id, tenant_domain, client_id, subject, kind, at, grant_expires_at, sweep_after, details,
    access_hash, access_scope, access_expires_at, access_confirmation, refresh_hash, refresh_scope, refresh_expires_at,
    refresh_confirmation, rests_on, rests_on_epoch, position)
  ${joinEpochs('t')}
  ${joinStanding('t')}
), granted as (
  insert into grants (id, tenant_domain, client_id, subject, kind, client_epoch, subject_epoch, created_at, expires_at,
    details, sweep_after)
  select grant_id, tenant_domain, client_id, subject, kind, client_epoch, subject_epoch, at, grant_expires_at,
    details::jsonb, sweep_after
  from item where stands
), saved as (
  insert into access_tokens (hash, grant_id, refresh_hash, scope, issued_at, expires_at, confirmation, revoked)
  select access_hash, grant_id, refresh_hash, access_scope, at, access_expires_at, access_confirmation, false
  from item where stands
), refreshable as (
  insert into refresh_tokens (hash, grant_id, generation, scope, issued_at, expires_at, confirmation, state, replays,
    successor_used)
  select refresh_hash, grant_id, 0, refresh_scope, at, refresh_expires_at, refresh_confirmation, 'ACTIVE', 0, false
  from item where stands and refresh_hash is not null
)
select position, stands from item`,
};
