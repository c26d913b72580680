import { createHash, randomBytes } from 'node:crypto';
import { createNonces } from '@keygate/common/dpop';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { OwnUrls } from '../http/own-urls.js';
import type { DpopChecks } from '../pipeline/dpop.js';
import type { SeenProofs } from './seen-proofs.js';

const nonceSeconds = 300;

/** What DPoP proofs are held against, by the gateway's settings (RFC 9449 section 4.3). */
export function dpopChecks(
  { nonce, nonceKey, maxAgeSeconds, clockSkewSeconds }: GatewayConfig['gateway']['dpop'],
  ownUrls: OwnUrls,
  seenProofs: SeenProofs,
): DpopChecks {
  const key = nonceKey === undefined ? randomBytes(32) : createHash('sha256').update(nonceKey).digest();
  return {
    own: ownUrls.all,
    window: { maxAgeSeconds, clockSkewSeconds },
    nonces: nonce === 'required' ? createNonces(key, nonceSeconds) : undefined,
    firstUse: (id, expiresAt) => seenProofs.firstUse(id, expiresAt),
    now: Date.now,
  };
}
