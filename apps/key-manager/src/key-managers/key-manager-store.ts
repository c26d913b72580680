import type { ForeignConsumerKey, ForeignKeyManager } from './key-manager.js';

export const KeyManagerStore = Symbol('KeyManagerStore');
/** Gateways hear of every change by the catalogue feed. */
export interface KeyManagerStore {
  /** Throws `AlreadyExists` when the name is taken. */
  createKeyManager(keyManager: ForeignKeyManager): Promise<void>;
  /** Replaces all but id, tenant, name, type and time of creation; false when it isn't there. */
  updateKeyManager(keyManager: ForeignKeyManager): Promise<boolean>;
  /** With the consumer keys that applications have there; false when it isn't there. */
  deleteKeyManager(tenantDomain: string, id: string): Promise<boolean>;
  findKeyManager(tenantDomain: string, id: string): Promise<ForeignKeyManager | undefined>;
  /** In whichever tenant. */
  findKeyManagerById(id: string): Promise<ForeignKeyManager | undefined>;
  /** By name. */
  listKeyManagers(tenantDomain: string): Promise<ForeignKeyManager[]>;
  /** Those of the issuer that are switched on, the oldest first. */
  findKeyManagersByIssuer(tenantDomain: string, issuer: string): Promise<ForeignKeyManager[]>;
}

export const ForeignKeyStore = Symbol('ForeignKeyStore');
/** Consumer keys at foreign key managers. Gateways hear of every change by the catalogue feed. */
export interface ForeignKeyStore {
  /**
   * Throws `AlreadyExists` when the application has one of that type there, or anybody has that consumer key there, and
   * `NotFound` when the application or the key manager is gone.
   */
  addForeignKey(key: ForeignConsumerKey): Promise<void>;
  /** Oldest first. */
  listForeignKeys(applicationId: string): Promise<ForeignConsumerKey[]>;
  findForeignKey(keyMappingId: string): Promise<ForeignConsumerKey | undefined>;
  /** False when the application has none of that id. */
  deleteForeignKey(applicationId: string, keyMappingId: string): Promise<boolean>;
}
