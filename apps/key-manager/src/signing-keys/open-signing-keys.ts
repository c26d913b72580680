import type { Logger } from '@keygate/common/logging';
import { createSecretBox } from '../apis/secret-box.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import type { Clock } from '../oauth2/ports.js';
import type { Storage } from '../storage/storage.js';
import { KeyRing } from './key-ring.js';
import { KeyKeeper, type RotationDeps } from './rotation.js';

export interface SigningKeys {
  readonly ring: KeyRing;
  readonly keeper: KeyKeeper;
  readonly rotation: RotationDeps;
}

export interface SigningKeyParts {
  readonly config: KeyManagerConfig['keyManager'];
  readonly storage: Storage;
  readonly secretKey: Buffer;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Nothing is read or made yet: `keeper.open()` does that. */
export function signingKeys({ config, storage, secretKey, clock, logger }: SigningKeyParts): SigningKeys {
  const { algorithm } = config.oauth2.signing;
  const rotation = rotationDeps({ config, storage, secretKey, clock });
  const { store, box } = rotation;
  const ring = new KeyRing({ store, box, logger, algorithm });
  return { ring, keeper: new KeyKeeper(rotation, ring, logger), rotation };
}

export function rotationDeps(parts: Omit<SigningKeyParts, 'logger'>): RotationDeps {
  const { config, storage, secretKey, clock } = parts;
  const { rotationDays, jwksMaxAgeSeconds } = config.oauth2.signing;
  return {
    store: storage.signingKeys,
    box: createSecretBox(secretKey, 'signing-key'),
    clock,
    audit: storage.auditLog,
    settings: { rotationSeconds: rotationDays * 86_400, maxAgeSeconds: jwksMaxAgeSeconds },
  };
}
