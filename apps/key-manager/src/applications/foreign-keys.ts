import { randomUUID } from 'node:crypto';
import type { ForeignConsumerKey, ForeignKeyManager } from '../key-managers/key-manager.js';
import type { ForeignKeyStore } from '../key-managers/key-manager-store.js';
import { requireMapping } from '../key-managers/key-managers.js';
import type { Clock } from '../oauth2/ports.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import type { Application } from './application.js';

export interface ForeignKeyPorts {
  readonly foreignKeys: ForeignKeyStore;
  readonly clock: Clock;
}

/**
 * WSO2: map-keys with a key manager of somebody else. The consumer key is taken on trust, since this server has no way
 * to ask; who gives it to a second application is refused.
 */
export async function mapForeignKey(
  { foreignKeys, clock }: ForeignKeyPorts,
  application: Application,
  keyManager: ForeignKeyManager,
  { consumerKey, keyType }: Pick<ForeignConsumerKey, 'consumerKey' | 'keyType'>,
): Promise<ForeignConsumerKey> {
  requireMapping(keyManager);
  const key: ForeignConsumerKey = {
    keyMappingId: randomUUID(),
    tenantDomain: application.tenantDomain,
    applicationId: application.id,
    keyManagerId: keyManager.id,
    keyManagerName: keyManager.name,
    consumerKey,
    keyType,
    createdAt: clock.now(),
  };
  try {
    await foreignKeys.addForeignKey(key);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('key_mapping_exists', `Key Mappings already exists for application ${application.name}`);
  }
  return key;
}
