import type { ForeignConsumerKey } from '../../key-managers/key-manager.js';
import type { ForeignKeyStore } from '../../key-managers/key-manager-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { type Database, type Session, unlessTaken } from './database.js';
import { foreignConsumerKeyEntity } from './entities/key-manager.entity.js';
import { appendCatalog } from './feed-numbers.js';

export class TypeOrmForeignKeyStore implements ForeignKeyStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async addForeignKey({ keyManagerName: _, ...key }: ForeignConsumerKey): Promise<void> {
    assertStorable(key);
    const { keyMappingId, applicationId, keyManagerId } = key;
    const work = this.db.transaction(async (session) => {
      await requireRow(session, 'applications', applicationId);
      await requireRow(session, 'key_managers', keyManagerId);
      await session.table(foreignConsumerKeyEntity).insert(key);
      await appendCatalog(session, this.clock.now(), [{ entity: 'consumer_key', id: keyMappingId }]);
    });
    await unlessTaken(`consumer key ${key.consumerKey}`, work);
  }

  listForeignKeys(applicationId: string): Promise<ForeignConsumerKey[]> {
    return this.db.find([], (session) => foreignKeys(session, 'where k.application_id = $1', [applicationId]));
  }

  async findForeignKey(keyMappingId: string): Promise<ForeignConsumerKey | undefined> {
    const found = await this.db.find([], (session) =>
      foreignKeys(session, 'where k.key_mapping_id = $1', [keyMappingId]),
    );
    return found[0];
  }

  deleteForeignKey(applicationId: string, keyMappingId: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(foreignConsumerKeyEntity).delete({ applicationId, keyMappingId });
      if (affected !== 1) return false;
      await appendCatalog(session, this.clock.now(), [{ entity: 'consumer_key', id: keyMappingId }]);
      return true;
    });
  }
}

async function requireRow(session: Session, table: 'applications' | 'key_managers', id: string): Promise<void> {
  const row = await session.row(`select id from ${table} where id = $1 for key share`, [id]);
  if (!row) throw new NotFound(`${table} ${id}`);
}

interface ForeignKeyColumns {
  key_mapping_id: string;
  tenant_domain: string;
  application_id: string;
  key_manager_id: string;
  key_manager_name: string;
  consumer_key: string;
  key_type: ForeignConsumerKey['keyType'];
  created_at: number;
}

/** With the names of their key managers, the oldest first. */
export async function foreignKeys(session: Session, where: string, values: unknown[]): Promise<ForeignConsumerKey[]> {
  const sql = `
select k.key_mapping_id, k.tenant_domain, k.application_id, k.key_manager_id, m.name as key_manager_name,
  k.consumer_key, k.key_type, k.created_at
from foreign_consumer_keys k join key_managers m on m.id = k.key_manager_id ${where} order by k.created_at, k.key_mapping_id`;
  return (await session.rows<ForeignKeyColumns>(sql, values)).map((row) => ({
    keyMappingId: row.key_mapping_id,
    tenantDomain: row.tenant_domain,
    applicationId: row.application_id,
    keyManagerId: row.key_manager_id,
    keyManagerName: row.key_manager_name,
    consumerKey: row.consumer_key,
    keyType: row.key_type,
    createdAt: row.created_at,
  }));
}

/** Removes those of an application; answers what gateways are to be told. */
export async function deleteForeignKeys(session: Session, applicationId: string) {
  const sql = 'delete from foreign_consumer_keys where application_id = $1 returning key_mapping_id';
  const rows = await session.rows<{ key_mapping_id: string }>(sql, [applicationId]);
  return rows.map(({ key_mapping_id: id }) => ({ entity: 'consumer_key' as const, id }));
}
