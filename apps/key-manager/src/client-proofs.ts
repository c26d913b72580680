import { loadCa } from '@keygate/common/tls';
import type { KeyManagerConfig } from './config/key-manager.config.js';
import type { KeySets } from './oauth2/assertions/key-set.js';
import { createClientAssertionVerifier } from './oauth2/client-assertion.js';
import type { ClientAuthenticationDeps } from './oauth2/client-authentication.js';
import { createClientCertificateVerifier } from './oauth2/client-certificate.js';
import type { Clock, ReplayGuard } from './oauth2/ports.js';

/** By which URLs clients know this server; what they sign is for one of them. */
export interface ServerUrls {
  readonly issuer: string;
  /** Of the key manager itself. */
  readonly origin: string;
  /** Of the gateways. */
  readonly gatewayUrl: string;
}

const keyManagerPaths = ['token', 'revoke', 'introspect', 'par', 'device_authorize'].map((name) => `/oauth2/${name}`);
const gatewayPaths = ['/token', '/revoke', '/introspect'];

/** RFC 7523 §3 leaves it to us which of our URLs an assertion may name; older clients name the endpoint they call. */
export function audiencesOf({ issuer, origin, gatewayUrl }: ServerUrls): ReadonlySet<string> {
  const gateway = gatewayUrl.replace(/\/+$/, '');
  return new Set([
    issuer,
    origin,
    ...keyManagerPaths.map((path) => origin + path),
    ...gatewayPaths.map((path) => gateway + path),
  ]);
}

/** How clients prove themselves otherwise than by a secret. */
export type ClientProofs = Pick<ClientAuthenticationDeps, 'verifyAssertion' | 'verifyCertificate'>;

export function clientProofs(parts: {
  readonly settings: KeyManagerConfig['keyManager']['oauth2'];
  readonly authorities: readonly string[];
  readonly urls: ServerUrls;
  readonly keySets: KeySets;
  readonly replays: ReplayGuard;
  readonly clock: Clock;
}): ClientProofs {
  const audiences = audiencesOf(parts.urls);
  return {
    verifyAssertion: createClientAssertionVerifier({ ...parts, audiences, settings: parts.settings.clientAssertion }),
    verifyCertificate: createClientCertificateVerifier(parts),
  };
}

/** The CAs that clients' certificates come from, one PEM each. Throws `TlsProblem`. */
export async function loadClientAuthorities(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const pem = await loadCa(file, 'keyManager.oauth2.clientCertificateCaFile');
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
