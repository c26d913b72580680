import type { ForeignKeyManager } from '../../key-managers/key-manager.js';
import type { KeyManagerStore } from '../../key-managers/key-manager-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { assertStorable, isStorable } from '../storable.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import { foreignConsumerKeyEntity, keyManagerEntity } from './entities/key-manager.entity.js';
import { appendCatalog } from './feed-numbers.js';

export class TypeOrmKeyManagerStore implements KeyManagerStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async createKeyManager(keyManager: ForeignKeyManager): Promise<void> {
    assertStorable(keyManager);
    const work = this.db.transaction(async (session) => {
      await session.table(keyManagerEntity).insert(plain(keyManager));
      await this.#tell(session, keyManager.id);
    });
    await unlessTaken(`key manager ${keyManager.name}`, work);
  }

  updateKeyManager(keyManager: ForeignKeyManager): Promise<boolean> {
    assertStorable(keyManager);
    const { id, tenantDomain, enabled, issuer, tokenType, body } = keyManager;
    return this.db.transaction(async (session) => {
      const change = plain({ enabled, issuer, tokenType, body });
      const { affected } = await session.table(keyManagerEntity).update({ tenantDomain, id }, change);
      if (affected !== 1) return false;
      await this.#tell(session, id);
      return true;
    });
  }

  deleteKeyManager(tenantDomain: string, id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      // From here on nobody can map a key to it.
      const row = await session.table(keyManagerEntity).findOne({ where: { tenantDomain, id }, lock });
      if (row === null) return false;
      const keys = await session.table(foreignConsumerKeyEntity).findBy({ keyManagerId: id });
      await session.table(foreignConsumerKeyEntity).delete({ keyManagerId: id });
      await session.table(keyManagerEntity).delete({ id });
      await appendCatalog(session, this.clock.now(), [
        ...keys.map(({ keyMappingId }) => ({ entity: 'consumer_key' as const, id: keyMappingId })),
        { entity: 'key_manager', id },
      ]);
      return true;
    });
  }

  async findKeyManager(tenantDomain: string, id: string): Promise<ForeignKeyManager | undefined> {
    const by = { tenantDomain, id };
    return (await this.db.find(null, (session) => session.table(keyManagerEntity).findOneBy(by))) ?? undefined;
  }

  async findKeyManagerById(id: string): Promise<ForeignKeyManager | undefined> {
    return (await this.db.find(null, (session) => session.table(keyManagerEntity).findOneBy({ id }))) ?? undefined;
  }

  listKeyManagers(tenantDomain: string): Promise<ForeignKeyManager[]> {
    const order = { name: 'ASC' } as const;
    return this.db.find([], (session) => session.table(keyManagerEntity).find({ where: { tenantDomain }, order }));
  }

  async findKeyManagersByIssuer(tenantDomain: string, issuer: string): Promise<ForeignKeyManager[]> {
    if (!isStorable(issuer)) return [];
    const where = { tenantDomain, issuer, enabled: true };
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    return this.db.find([], (session) => session.table(keyManagerEntity).find({ where, order }));
  }

  #tell(session: Session, id: string): Promise<void> {
    return appendCatalog(session, this.clock.now(), [{ entity: 'key_manager', id }]);
  }
}
