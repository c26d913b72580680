import type { ApiKeys } from '../oauth2/api-keys.js';
import type { ApiKey, ApiKeysOf } from './api-key.js';

export const ApiKeyStore = Symbol('ApiKeyStore');
/**
 * API keys by the SHA-256 of their values. A key goes with its application, and when whoever made it or owns the
 * application is locked or deleted: gateways are told in the same transaction.
 */
export interface ApiKeyStore extends ApiKeys {
  /**
   * False, and nothing added, when `most` are live already. Throws `NotFound` when the application is gone, or the owner
   * gone or locked.
   */
  addApiKey(key: ApiKey, hash: Buffer, most: number): Promise<boolean>;
  /** Oldest first, with expired ones that were not swept away yet. */
  listApiKeys(of: ApiKeysOf): Promise<ApiKey[]>;
  /** Revokes it; false when there is none. */
  deleteApiKey(of: ApiKeysOf, id: string): Promise<boolean>;
}
