import type { UsageCount, UsageStore } from '../../statistics/usage-store.js';
import type { ServerKeyStore, SigningKey, SigningKeyState, SigningKeyStore } from '../ports.js';
import { assertStorable } from '../storable.js';
import { type Database, plain, unlessTaken } from './database.js';
import { type SigningKeyRow, signingKeyEntity } from './entities/operations.entity.js';

const serverKeySetting = 'server_key_fingerprint';

/** Usage counts, signing keys and the mark of the server key. */
export class TypeOrmOperationsStore implements UsageStore, SigningKeyStore, ServerKeyStore {
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

  async addSigningKey(key: SigningKey): Promise<void> {
    assertStorable(key);
    const work = this.db.run((session) => session.table(signingKeyEntity).insert(plain(toRow(key))));
    await unlessTaken(`signing key ${key.kid} or an active ${key.alg} key`, work);
  }

  async listSigningKeys(tenantDomain: string): Promise<SigningKey[]> {
    const rows = await this.db.find([], (session) =>
      session.table(signingKeyEntity).find({ where: { tenantDomain }, order: { createdAt: 'ASC', kid: 'ASC' } }),
    );
    return rows.filter(({ state }) => state !== 'removed').map(toKey);
  }

  async moveSigningKey(kid: string, from: SigningKeyState, to: SigningKeyState, at: number): Promise<boolean> {
    const times = to === 'active' ? { activatedAt: at } : to === 'retiring' ? { retiredAt: at } : {};
    const work = this.db.find(0, async (session) => {
      const { affected } = await session.table(signingKeyEntity).update({ kid, state: from }, { state: to, ...times });
      return affected ?? 0;
    });
    return (await unlessTaken('an active key of that algorithm', work)) === 1;
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

function toRow({ activatedAt, retiredAt, ...key }: SigningKey): SigningKeyRow {
  return { ...key, activatedAt: activatedAt ?? null, retiredAt: retiredAt ?? null };
}

function toKey({ activatedAt, retiredAt, ...row }: SigningKeyRow): SigningKey {
  return { ...row, activatedAt: activatedAt ?? undefined, retiredAt: retiredAt ?? undefined };
}
