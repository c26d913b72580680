import type { NewTokens } from '../../oauth2/model.js';
import { EpochMoved, NotFound, StoreUnavailable } from '../errors.js';
import type { Database } from './database.js';
import { UniqueViolation } from './database-errors.js';
import { type InsertedRow, joinEpochs, joinStanding, stands, toConfirmationText, toScopeText } from './grant-rows.js';
import type { Statement } from './hot-statements.js';
import { insertNewGrants, isNewGrant, newGrantColumns } from './new-grant-rows.js';
import { lastExpiry } from './token-expiry.js';

interface Waiting {
  readonly tokens: NewTokens;
  resolve(): void;
  reject(error: unknown): void;
}

const maxWaiting = 20_000;
const maxBatch = 500;
/** A second statement is begun while one is under way only for so many: small batches cost the most CPU per token. */
const worthASecond = 64;
const maxInFlight = 2;
/** After a batch of so many the next waits a moment: those who were just answered ask again, and two half batches cost more. */
const busyFrom = 16;
const gatherMillis = 2;

/**
 * Saves the tokens that are issued in the same turn of the event loop by one statement, which costs little more than
 * saving one. Each caller hears of its own after the commit.
 */
export class TokenBatch {
  readonly #waiting: Waiting[] = [];
  #inFlight = 0;
  #scheduled = false;
  #lastSize = 0;

  constructor(private readonly db: Database) {}

  save(tokens: NewTokens): Promise<void> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.reject(new StoreUnavailable('Too many tokens are waiting to be saved'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ tokens, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || !this.#mayBegin()) return;
    this.#scheduled = true;
    const begin = () => {
      this.#scheduled = false;
      if (!this.#mayBegin()) return;
      this.#inFlight += 1;
      const batch = this.#waiting.splice(0, maxBatch);
      this.#lastSize = batch.length;
      void this.#flush(batch).finally(() => {
        this.#inFlight -= 1;
        this.#schedule();
      });
      this.#schedule();
    };
    if (this.#lastSize < busyFrom || this.#waiting.length >= worthASecond) setImmediate(begin);
    else setTimeout(begin, gatherMillis);
  }

  #mayBegin(): boolean {
    if (this.#inFlight === 0) return this.#waiting.length > 0;
    return this.#inFlight < maxInFlight && this.#waiting.length >= worthASecond;
  }

  readonly #run: RunInsert = (statement, values) => this.db.hot(statement, values);

  /** Undefined when it turns out that one of the grants is not new: nothing was saved then. */
  async #insertNew(tokens: readonly NewTokens[]): Promise<Outcome | undefined> {
    if (!tokens.every(isNewGrant)) return undefined;
    try {
      return outcomeOf(await this.#run(insertNewGrants, newGrantColumns(tokens)));
    } catch (error) {
      if (error instanceof UniqueViolation) return undefined;
      throw error;
    }
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const tokens = batch.map((entry) => entry.tokens);
      const saved = (await this.#insertNew(tokens)) ?? (await insertTokens(this.#run, tokens));
      batch.forEach((entry, index) => {
        const refusal = saved(index, entry.tokens);
        if (refusal) entry.reject(refusal);
        else entry.resolve();
      });
    } catch (error) {
      // One bad row fails the statement for all: try each alone, so that only its own caller hears of it.
      if (batch.length === 1 || error instanceof StoreUnavailable) for (const { reject } of batch) reject(error);
      else for (const entry of batch) await this.#flush([entry]);
    }
  }
}

type RunInsert = (statement: Statement, values: unknown[]) => Promise<InsertedRow[]>;

/** Why that one of the batch was not saved; undefined when it was. */
type Outcome = (index: number, tokens: NewTokens) => Error | undefined;

function outcomeOf(rows: readonly InsertedRow[]): Outcome {
  const standing = new Map(rows.map(({ position, stands }) => [position - 1, stands]));
  return (index, { grant, restsOn }) => {
    const stands = standing.get(index);
    if (stands) return undefined;
    return stands === false
      ? new EpochMoved(restsOn?.subject ?? grant.clientId)
      : new NotFound(`client ${grant.clientId} or grant ${grant.id}`);
  };
}

/** Saves the pair in a transaction. Throws `NotFound` or `EpochMoved`. */
export async function insertPair(run: RunInsert, tokens: NewTokens): Promise<void> {
  const refusal = (await insertTokens(run, [tokens]))(0, tokens);
  if (refusal) throw refusal;
}

/** Saves those whose client and grant are alive and whose user is as they were when it was decided. */
async function insertTokens(run: RunInsert, batch: readonly NewTokens[]): Promise<Outcome> {
  const columns = batch.map(toColumns);
  const parameters = (columns[0] ?? []).map((_, column) => columns.map((row) => row[column]));
  const rows = await run({ name: 'insert_tokens', text: insertStatement }, parameters);
  return outcomeOf(rows);
}

function toColumns({ grant, restsOn, accessToken, refreshToken }: NewTokens): unknown[] {
  return [
    grant.id,
    grant.tenantDomain,
    grant.clientId,
    grant.subject ?? null,
    grant.kind,
    grant.createdAt,
    grant.expiresAt ?? null,
    lastExpiry(accessToken, refreshToken),
    accessToken.hash,
    toScopeText(accessToken.scope),
    accessToken.issuedAt,
    accessToken.expiresAt ?? null,
    refreshToken?.hash ?? null,
    refreshToken?.generation ?? null,
    refreshToken === undefined ? null : toScopeText(refreshToken.scope),
    refreshToken?.issuedAt ?? null,
    refreshToken?.expiresAt ?? null,
    grant.details === undefined ? null : JSON.stringify(grant.details),
    toConfirmationText(accessToken.confirmation),
    toConfirmationText(refreshToken?.confirmation),
    restsOn?.subject ?? null,
    restsOn?.epoch ?? null,
  ];
}

// A new grant takes the epochs of the moment. One that is there already takes further tokens only while it lives; the
// update locks its row, so that a revocation either comes first or sees these tokens.
const insertStatement = `
with item as materialized (
  select t.*, ${stands('t')} as stands
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bytea[], $10::text[], $11::bigint[], $12::bigint[], $13::bytea[], $14::integer[], $15::text[],
    $16::bigint[], $17::bigint[], $18::text[], $19::text[], $20::text[], $21::text[],
    $22::bigint[])
  with ordinality as t (grant_id, tenant_domain, client_id, subject, kind, created_at, grant_expires_at, sweep_after,
    access_hash, access_scope, access_issued_at, access_expires_at, refresh_hash, generation, refresh_scope,
    refresh_issued_at, refresh_expires_at, details, access_confirmation, refresh_confirmation, rests_on, rests_on_epoch,
    position)
  ${joinStanding('t')}
), live_grant as (
  insert into grants as g (id, tenant_domain, client_id, subject, kind, client_epoch, subject_epoch, created_at,
    expires_at, details, sweep_after)
  select distinct on (grant_id) grant_id, item.tenant_domain, item.client_id, item.subject, item.kind, c.token_epoch,
    coalesce(s.token_epoch, 0), item.created_at, grant_expires_at, item.details::jsonb,
    case when bool_or(sweep_after is null) over family then null else max(sweep_after) over family end
  from item
  ${joinEpochs('item')}
  where stands
  window family as (partition by grant_id)
  order by grant_id
  on conflict (id) do update
    set sweep_after = case when g.sweep_after is null or excluded.sweep_after is null then null
      else greatest(g.sweep_after, excluded.sweep_after) end
    where g.revoked_at is null and g.client_epoch = excluded.client_epoch and g.subject_epoch = excluded.subject_epoch
      and g.client_id = excluded.client_id
  returning id
), saved as (
  insert into access_tokens (hash, grant_id, refresh_hash, scope, issued_at, expires_at, confirmation, revoked)
  select access_hash, grant_id, refresh_hash, access_scope, access_issued_at, access_expires_at, access_confirmation,
    false
  from item join live_grant on id = grant_id where stands
), refreshable as (
  insert into refresh_tokens (hash, grant_id, generation, scope, issued_at, expires_at, confirmation, state, replays,
    successor_used)
  select refresh_hash, grant_id, generation, refresh_scope, refresh_issued_at, refresh_expires_at, refresh_confirmation,
    'ACTIVE', 0, false
  from item join live_grant on id = grant_id where stands and refresh_hash is not null
)
select position, stands from item left join live_grant on id = grant_id where id is not null or not stands`;
