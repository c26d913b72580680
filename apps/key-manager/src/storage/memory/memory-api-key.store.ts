import type { ApiKey, ApiKeysOf } from '../../applications/api-key.js';
import type { ApiKeyStore } from '../../applications/api-key-store.js';
import { fullUserName } from '../../users/user-name.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemoryApiKeyStore implements ApiKeyStore {
  constructor(private readonly db: MemoryDatabase) {}

  async findApiKey(hash: Buffer): Promise<ApiKey | undefined> {
    return [...this.db.apiKeys.values()].find((row) => row.hash.equals(hash))?.key;
  }

  async markApiKeyUsed(id: string, at: number): Promise<void> {
    const row = this.db.apiKeys.get(id);
    if (row) this.db.apiKeys.set(id, { ...row, key: { ...row.key, lastUsedAt: at } });
  }

  async addApiKey(key: ApiKey, hash: Buffer, most: number): Promise<boolean> {
    assertStorable(key);
    if (!this.db.applications.has(key.applicationId)) throw new NotFound(`application ${key.applicationId}`);
    const owner = [...this.db.users.values()].find((user) => fullUserName(user) === key.owner);
    if (!owner || owner.locked) throw new NotFound(`user ${key.owner}`);
    const live = [...this.db.apiKeys.values()].filter(
      (row) =>
        row.key.applicationId === key.applicationId &&
        row.key.keyType === key.keyType &&
        (row.key.expiresAt ?? Number.POSITIVE_INFINITY) > this.db.clock.now(),
    );
    if (live.length >= most) return false;
    this.db.apiKeys.set(key.id, { key: structuredClone(key), hash });
    return true;
  }

  async listApiKeys(of: ApiKeysOf): Promise<ApiKey[]> {
    return [...this.db.apiKeys.values()]
      .map(({ key }) => key)
      .filter((key) => isOf(key, of))
      .sort((a, b) => a.issuedAt - b.issuedAt || inOrder(a.id, b.id));
  }

  async deleteApiKey(of: ApiKeysOf, id: string): Promise<boolean> {
    const row = this.db.apiKeys.get(id);
    if (!row || !isOf(row.key, of)) return false;
    this.db.endApiKeys((key) => key.id === id);
    return true;
  }
}

const isOf = (key: ApiKey, { applicationId, keyType, owner }: ApiKeysOf) =>
  key.applicationId === applicationId && key.keyType === keyType && key.owner === owner;
