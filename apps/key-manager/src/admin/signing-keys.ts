import type { Logger } from '@keygate/common/logging';
import { systemClock } from '../assembly.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { claimDatabase, loadSecretKey } from '../config/secret-key.js';
import type { SigningAlgorithm } from '../oauth2/signing/jws.js';
import { rotationDeps } from '../signing-keys/open-signing-keys.js';
import { type RotationDeps, rotateSigningKeys } from '../signing-keys/rotation.js';
import type { SigningKey } from '../storage/ports.js';
import { superTenant } from '../users/user-name.js';
import { withExistingDatabase } from './database.js';

export type { SigningAlgorithm } from '../oauth2/signing/jws.js';

/** A key as operators see it: nothing of the private half. */
export type ShownSigningKey = Omit<SigningKey, 'encryptedPrivateKey' | 'tenantDomain'>;

/** The published keys, oldest first. */
export function listSigningKeys(config: KeyManagerConfig, logger: Logger): Promise<ShownSigningKey[]> {
  return withExistingDatabase(config, logger, async ({ storage }) => {
    const keys = await storage.signingKeys.listSigningKeys(superTenant);
    return keys.map(shown);
  });
}

/** Makes successors of the active keys; running key managers let them sign when it is time. Answers what is pending. */
export function rotateKeys(
  config: KeyManagerConfig,
  logger: Logger,
  request: { readonly algorithm?: SigningAlgorithm | undefined; readonly now: boolean },
): Promise<ShownSigningKey[]> {
  return withExistingDatabase(config, logger, async ({ storage }) => {
    const secretKey = await loadSecretKey(config.keyManager.secretKey, config.dataDir);
    // Sealed with another server key, the new keys could be opened by nobody.
    await claimDatabase(secretKey, storage.serverKey);
    const parts = { config: config.keyManager, storage, secretKey, clock: systemClock };
    const deps: RotationDeps = rotationDeps(parts);
    return (await rotateSigningKeys(deps, { ...request, actor: 'keygate keys rotate' })).map(shown);
  });
}

function shown({ encryptedPrivateKey: _, tenantDomain: __, ...key }: SigningKey): ShownSigningKey {
  return key;
}
