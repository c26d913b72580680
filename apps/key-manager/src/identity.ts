import type { KeyManagerConfig } from './config/key-manager.config.js';
import { type ServerMetadata, serverMetadata } from './oauth2/discovery.js';
import type { KeyRing } from './signing-keys/key-ring.js';
import { claimNames, claimScopes } from './users/user-claims.js';

/** What this server tells everyone about itself. */
export interface Identity {
  readonly issuer: string;
  /** Base URL of the key managers as clients reach them. */
  readonly keyManager: string;
  /** Seconds that metadata and keys may be kept. */
  readonly maxAgeSeconds: number;
  /** With the URLs of a gateway, or with our own. */
  metadata(gateway?: string): ServerMetadata;
  jwks(): KeyRing['jwks'];
}

/** Where the issuer has its endpoints: below the same base URL. */
export const issuerPath = '/oauth2/token';

export function createIdentity(config: KeyManagerConfig['keyManager'], issuer: string, ring: KeyRing): Identity {
  const keyManager = issuer.slice(0, -issuerPath.length);
  const { oauth2: settings, gatewayUrl } = config;
  const asksForCertificates = config.tls.clientCertificates === 'request';
  const fixed = { issuer, keyManager, settings, asksForCertificates, gatewayUrl, claimScopes, claimNames };
  return {
    issuer,
    keyManager,
    maxAgeSeconds: settings.signing.jwksMaxAgeSeconds,
    metadata: (gateway) => serverMetadata({ ...fixed, gateway }),
    jwks: () => ring.jwks,
  };
}
