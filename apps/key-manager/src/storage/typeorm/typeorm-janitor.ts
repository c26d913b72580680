import type { Clock } from '../../oauth2/ports.js';
import type { Janitor } from '../ports.js';
import { keepFeedMillis, keepSpentMillis } from '../retention.js';
import type { Database } from './database.js';

/** Rows that were deleted before it is worth the while to make their place usable again. */
const vacuumAfterRows = 20_000;

/** Deletes in small batches that skip what somebody else holds, so that issuing never waits for the janitor. */
export class TypeOrmJanitor implements Janitor {
  #sinceVacuum = 0;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    /** The embedded database has no autovacuum: without ours its files would grow with every token ever issued. */
    private readonly vacuums: boolean,
  ) {}

  async sweepExpired(limit: number): Promise<number> {
    const now = this.clock.now();
    let swept = 0;
    for (const { statement, keepMillis } of sweeps) {
      swept += await this.db.run((session) => session.changed(statement, [now - keepMillis, limit]));
    }
    this.#sinceVacuum += swept;
    if (this.vacuums && this.#sinceVacuum >= vacuumAfterRows) await this.#vacuum();
    return swept;
  }

  async backlogMillis(): Promise<number> {
    const now = this.clock.now();
    let longest = 0;
    for (const { oldest, keepMillis } of sweeps) {
      if (oldest === undefined) continue;
      const row = await this.db.run((session) => session.row<{ at: number | null }>(oldest));
      if (row?.at != null) longest = Math.max(longest, now - keepMillis - row.at);
    }
    return longest;
  }

  async #vacuum(): Promise<void> {
    this.#sinceVacuum = 0;
    for (const table of ['access_tokens', 'refresh_tokens', 'grants']) {
      await this.db.run((session) => session.rows(`vacuum ${table}`));
    }
  }
}

interface Sweep {
  /** `$1`: rows that ended at this time or before; `$2`: how many at most. */
  readonly statement: string;
  readonly keepMillis: number;
  /** When the first of them ends, as `at`. */
  readonly oldest?: string;
}

/** By their place and not by their key: the rows are locked, and looking them up again would cost as much as deleting. */
const byExpiry = (table: string, keepMillis: number): Sweep => ({
  statement: `
delete from ${table} where ctid = any(array(
  select ctid from ${table} where expires_at <= $1 order by expires_at limit $2 for update skip locked))`,
  keepMillis,
  oldest: `select min(expires_at) as at from ${table}`,
});

/*
 * A family goes once its last token has been dead for a while; until then its spent tokens betray a replay. A family
 * that was refreshed every few minutes for a year has more rows than one statement may delete: first its tokens go, as
 * many as fit, and then the families that are empty. New tokens would have moved `sweep_after`.
 */
const deadFamilies = `
  select id from grants where sweep_after <= $1 order by sweep_after limit $2`;
const tokensPerFamily = 4;

const tokensOfDeadFamilies = (table: string): Sweep => ({
  statement: `
with dead as (${deadFamilies})
delete from ${table} where ctid = any(array(
  select t.ctid from dead join ${table} t on t.grant_id = dead.id limit $2 * ${tokensPerFamily}
  for update of t skip locked))`,
  keepMillis: keepSpentMillis,
});

const emptyFamilies: Sweep = {
  statement: `
with dead as (${deadFamilies} for update skip locked)
delete from grants g using dead where g.id = dead.id
  and not exists (select from refresh_tokens r where r.grant_id = g.id)
  and not exists (select from access_tokens a where a.grant_id = g.id)`,
  keepMillis: keepSpentMillis,
  oldest: 'select min(sweep_after) as at from grants where sweep_after is not null',
};

/** Only from the old end, so that what is left has no gaps. */
const feed = (table: string, number: string): Sweep => ({
  statement: `
with oldest as (
  select ${number} as number, created_at from ${table} order by ${number} limit $2
)
delete from ${table} where ${number} < coalesce(
  (select min(number) from oldest where created_at > $1),
  (select max(number) + 1 from oldest))`,
  keepMillis: keepFeedMillis,
});

/** The audit log is not among them: nothing ever deletes from it. */
const sweeps: readonly Sweep[] = [
  byExpiry('access_tokens', keepSpentMillis),
  tokensOfDeadFamilies('refresh_tokens'),
  tokensOfDeadFamilies('access_tokens'),
  emptyFamilies,
  // A spent code is kept like a spent token: it betrays whoever presents it again.
  byExpiry('one_time_codes', keepSpentMillis),
  byExpiry('api_keys', keepSpentMillis),
  byExpiry('reusable_tokens', 0),
  byExpiry('used_ids', 0),
  byExpiry('client_secrets', 0),
  byExpiry('login_sessions', 0),
  feed('catalog_events', 'revision'),
  feed('revocations', 'seq'),
];
