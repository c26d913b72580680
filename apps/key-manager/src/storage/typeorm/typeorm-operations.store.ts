import type { UsageCount, UsageStore } from '../../statistics/usage-store.js';
import type { ServerKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import type { Database } from './database.js';

const serverKeySetting = 'server_key_fingerprint';

/** Usage counts and the mark of the server key. */
export class TypeOrmOperationsStore implements UsageStore, ServerKeyStore {
  constructor(private readonly db: Database) {}

  async addUsage(counts: readonly UsageCount[]): Promise<void> {
    assertStorable(counts);
    if (counts.length === 0) return;
    await this.db.run((session) =>
      session.changed(addUsageStatement, [
        counts.map(({ minute }) => minute),
        counts.map(({ apiId }) => apiId),
        counts.map(({ applicationId }) => applicationId),
        counts.map(({ statusClass }) => statusClass),
        counts.map(({ requests }) => requests),
      ]),
    );
  }

  async claimServerKey(fingerprint: string): Promise<boolean> {
    const kept = await this.db.transaction(async (session) => {
      await session.changed('insert into settings (name, value) values ($1, $2) on conflict (name) do nothing', [
        serverKeySetting,
        fingerprint,
      ]);
      return session.row<{ value: string }>('select value from settings where name = $1', [serverKeySetting]);
    });
    return kept?.value === fingerprint;
  }
}

// In one order, so that two batches cannot wait for each other in a circle; one row per key, or the upsert would
// meet its own row.
const addUsageStatement = `
insert into usage_counts as u (minute, api_id, application_id, status_class, requests)
select minute, api_id, application_id, status_class, sum(requests)
from unnest($1::bigint[], $2::text[], $3::text[], $4::integer[], $5::bigint[])
  as t (minute, api_id, application_id, status_class, requests)
group by minute, api_id, application_id, status_class
order by minute, api_id collate "C", application_id collate "C", status_class
on conflict (minute, api_id, application_id, status_class) do update set requests = u.requests + excluded.requests`;
