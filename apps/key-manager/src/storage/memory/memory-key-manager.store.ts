import type { ForeignConsumerKey, ForeignKeyManager } from '../../key-managers/key-manager.js';
import type { ForeignKeyStore, KeyManagerStore } from '../../key-managers/key-manager-store.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryKeyManagerStore implements KeyManagerStore, ForeignKeyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createKeyManager(keyManager: ForeignKeyManager): Promise<void> {
    assertStorable(keyManager);
    const { id, tenantDomain, name } = keyManager;
    if (this.#ofTenant(tenantDomain).some((other) => other.name === name))
      throw new AlreadyExists(`key manager ${name}`);
    this.db.keyManagers.set(id, structuredClone(keyManager));
    this.db.appendCatalog('key_manager', id);
  }

  async updateKeyManager(keyManager: ForeignKeyManager): Promise<boolean> {
    assertStorable(keyManager);
    const { id, tenantDomain, enabled, issuer, tokenType, body } = keyManager;
    const before = await this.findKeyManager(tenantDomain, id);
    if (!before) return false;
    this.db.keyManagers.set(id, structuredClone({ ...before, enabled, issuer, tokenType, body }));
    this.db.appendCatalog('key_manager', id);
    return true;
  }

  async deleteKeyManager(tenantDomain: string, id: string): Promise<boolean> {
    if (!(await this.findKeyManager(tenantDomain, id))) return false;
    this.db.endForeignKeys(({ keyManagerId }) => keyManagerId === id);
    this.db.keyManagers.delete(id);
    this.db.appendCatalog('key_manager', id);
    return true;
  }

  async findKeyManager(tenantDomain: string, id: string): Promise<ForeignKeyManager | undefined> {
    const found = this.db.keyManagers.get(id);
    return found?.tenantDomain === tenantDomain ? found : undefined;
  }

  async findKeyManagerById(id: string): Promise<ForeignKeyManager | undefined> {
    return this.db.keyManagers.get(id);
  }

  async listKeyManagers(tenantDomain: string): Promise<ForeignKeyManager[]> {
    return this.#ofTenant(tenantDomain).sort((a, b) => inOrder(a.name, b.name));
  }

  async findKeyManagersByIssuer(tenantDomain: string, issuer: string): Promise<ForeignKeyManager[]> {
    return this.#ofTenant(tenantDomain)
      .filter((each) => each.enabled && each.issuer === issuer)
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.id, b.id));
  }

  async addForeignKey(key: ForeignConsumerKey): Promise<void> {
    assertStorable(key);
    if (!this.db.applications.has(key.applicationId)) throw new NotFound(`applications ${key.applicationId}`);
    if (!this.db.keyManagers.has(key.keyManagerId)) throw new NotFound(`key_managers ${key.keyManagerId}`);
    const isTaken = [...this.db.foreignKeys.values()].some(
      (other) =>
        other.keyManagerId === key.keyManagerId &&
        (other.consumerKey === key.consumerKey ||
          (other.applicationId === key.applicationId && other.keyType === key.keyType)),
    );
    if (isTaken) throw new AlreadyExists(`consumer key ${key.consumerKey}`);
    this.db.foreignKeys.set(key.keyMappingId, structuredClone(key));
    this.db.appendCatalog('consumer_key', key.keyMappingId);
  }

  async listForeignKeys(applicationId: string): Promise<ForeignConsumerKey[]> {
    return [...this.db.foreignKeys.values()]
      .filter((key) => key.applicationId === applicationId)
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.keyMappingId, b.keyMappingId));
  }

  async findForeignKey(keyMappingId: string): Promise<ForeignConsumerKey | undefined> {
    return this.db.foreignKeys.get(keyMappingId);
  }

  async deleteForeignKey(applicationId: string, keyMappingId: string): Promise<boolean> {
    if (this.db.foreignKeys.get(keyMappingId)?.applicationId !== applicationId) return false;
    this.db.endForeignKeys((key) => key.keyMappingId === keyMappingId);
    return true;
  }

  #ofTenant(tenantDomain: string): ForeignKeyManager[] {
    return [...this.db.keyManagers.values()].filter((keyManager) => keyManager.tenantDomain === tenantDomain);
  }
}
