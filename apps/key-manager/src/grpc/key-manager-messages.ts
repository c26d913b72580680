import type { ConsumerKey, KeyManager as KeyManagerMessage } from '@keygate/proto/keymanager/v1/catalog';
import { certificatePem } from '../key-managers/check-key-manager.js';
import type { ForeignConsumerKey, ForeignKeyManager } from '../key-managers/key-manager.js';
import { keyTypeMessage } from './key-type.js';

/** Undefined for one that is switched off. What it is managed with never leaves the key manager. */
export function keyManagerMessage(keyManager: ForeignKeyManager): KeyManagerMessage | undefined {
  const { id, tenantDomain, name, enabled, issuer, tokenType, body, createdAt } = keyManager;
  if (!enabled) return undefined;
  const { certificates, claimMapping = [], consumerKeyClaim, scopesClaim } = body;
  return {
    ...{ id, tenantDomain, name, enabled, issuer, tokenType, createdAt },
    jwksUri: certificates?.type === 'JWKS' ? certificates.value : '',
    pem: certificatePem(body) ?? '',
    consumerKeyClaim: consumerKeyClaim ?? '',
    scopesClaim: scopesClaim ?? '',
    claimMapping: Object.fromEntries(claimMapping.map(({ remoteClaim, localClaim }) => [remoteClaim, localClaim])),
  };
}

export function foreignKeyMessage(key: ForeignConsumerKey): ConsumerKey {
  const { keyMappingId: id, consumerKey, applicationId, keyType, keyManagerName: keyManager } = key;
  return { id, consumerKey, applicationId, keyType: keyTypeMessage(keyType), keyManager };
}
