import type { Clock } from '../../oauth2/ports.js';
import type { Janitor } from '../ports.js';
import { keepFeedMillis, keepSpentMillis } from '../retention.js';
import type { Database } from './database.js';

/** Deletes in small batches that skip what somebody else holds, so that issuing never waits for the janitor. */
export class TypeOrmJanitor implements Janitor {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async sweepExpired(limit: number): Promise<number> {
    const now = this.clock.now();
    let swept = 0;
    for (const [statement, keepMillis] of sweeps) {
      const row = await this.db.run((session) => session.row<{ swept: number }>(statement, [now - keepMillis, limit]));
      swept += row?.swept ?? 0;
    }
    return swept;
  }
}

const accessTokens = `
with dead as (
  select hash from access_tokens where expires_at <= $1 order by expires_at limit $2 for update skip locked
), swept as (
  delete from access_tokens a using dead where a.hash = dead.hash returning 1
)
select count(*) as swept from swept`;

// A family goes once its last token has been dead for a while; until then its spent tokens betray a replay.
const grants = `
with dead as (
  select id from grants where sweep_after <= $1 order by sweep_after limit $2 for update skip locked
), refresh as (
  delete from refresh_tokens r using dead where r.grant_id = dead.id
), access as (
  delete from access_tokens a using dead where a.grant_id = dead.id
), swept as (
  delete from grants g using dead where g.id = dead.id returning 1
)
select count(*) as swept from swept`;

// A spent code is kept like a spent token: it betrays whoever presents it again.
const byExpiry = (table: string) => `
with dead as (
  select hash from ${table} where expires_at <= $1 order by expires_at limit $2 for update skip locked
), swept as (
  delete from ${table} t using dead where t.hash = dead.hash returning 1
)
select count(*) as swept from swept`;

const clientSecrets = `
with dead as (
  select id from client_secrets where expires_at <= $1 order by expires_at limit $2 for update skip locked
), swept as (
  delete from client_secrets s using dead where s.id = dead.id returning 1
)
select count(*) as swept from swept`;

// Only from the old end, so that what is left has no gaps.
const feed = (table: string, number: string) => `
with oldest as (
  select ${number} as number, created_at from ${table} order by ${number} limit $2
), swept as (
  delete from ${table} where ${number} < coalesce(
    (select min(number) from oldest where created_at > $1),
    (select max(number) + 1 from oldest)) returning 1
)
select count(*) as swept from swept`;

const sweeps: readonly (readonly [statement: string, keepMillis: number])[] = [
  [accessTokens, keepSpentMillis],
  [grants, keepSpentMillis],
  [byExpiry('one_time_codes'), keepSpentMillis],
  [byExpiry('reusable_tokens'), 0],
  [byExpiry('used_ids'), 0],
  [clientSecrets, 0],
  [byExpiry('login_sessions'), 0],
  [feed('catalog_events', 'revision'), keepFeedMillis],
  [feed('revocations', 'seq'), keepFeedMillis],
];
