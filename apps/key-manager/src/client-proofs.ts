import { createNonces } from '@keygate/common/dpop';
import type { KeySets } from '@keygate/common/jose';
import { loadCa } from '@keygate/common/tls';
import type { KeyManagerConfig } from './config/key-manager.config.js';
import { createClientAssertionVerifier } from './oauth2/client-assertion.js';
import type { ClientAuthenticationDeps } from './oauth2/client-authentication.js';
import { createClientCertificateVerifier } from './oauth2/client-certificate.js';
import type { ClientRequest } from './oauth2/client-request.js';
import { createDpopProofs, type DpopProofs } from './oauth2/dpop-proof.js';
import { InvalidDpopProof, UseDpopNonce } from './oauth2/errors.js';
import type { Clock, ReplayGuard } from './oauth2/ports.js';
import { subkey } from './oauth2/subkey.js';
import type { TokenEndpointDeps } from './oauth2/token-endpoint.js';
import type { UserInfoDeps } from './oauth2/userinfo.js';

/** By which URLs clients know this server; what they sign is for one of them. */
export interface ServerUrls {
  readonly issuer: string;
  /** Of the key manager itself. */
  readonly origin: string;
  /** Of the gateways. */
  readonly gatewayUrl: string;
}

const keyManagerPaths = ['token', 'revoke', 'introspect', 'par', 'device_authorize', 'device_authorization'].map(
  (name) => `/oauth2/${name}`,
);
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
export type ClientProofs = Pick<ClientAuthenticationDeps, 'verifyAssertion' | 'verifyCertificate'> &
  Pick<TokenEndpointDeps, 'dpop'> &
  Pick<UserInfoDeps, 'provesKey'>;

export function clientProofs(parts: {
  readonly settings: KeyManagerConfig['keyManager']['oauth2'];
  readonly authorities: readonly string[];
  readonly urls: ServerUrls;
  readonly keySets: KeySets;
  readonly replays: ReplayGuard;
  readonly clock: Clock;
  /** Server key: what makes a nonce, so that every key manager of a database knows those of the others. */
  readonly secretKey: Buffer;
}): ClientProofs {
  const audiences = audiencesOf(parts.urls);
  const { nonce, nonceSeconds, ...window } = parts.settings.dpop;
  const nonces = nonce === 'required' ? createNonces(subkey(parts.secretKey, 'dpop-nonce'), nonceSeconds) : undefined;
  const dpop = createDpopProofs({ ...parts, nonces, window });
  return {
    verifyAssertion: createClientAssertionVerifier({ ...parts, audiences, settings: parts.settings.clientAssertion }),
    verifyCertificate: createClientCertificateVerifier(parts),
    dpop,
    provesKey: (request, accessToken, thumbprint) => provesKey(dpop, { request, accessToken, thumbprint }),
  };
}

/** At a resource: a wrong proof is one reason more why the token is not good (RFC 9449 §7.1). */
async function provesKey(
  dpop: DpopProofs,
  shown: { readonly request: ClientRequest; readonly accessToken: string; readonly thumbprint: string },
): Promise<boolean> {
  try {
    return (await dpop.prove(shown.request, shown.accessToken)) === shown.thumbprint;
  } catch (thrown) {
    if (thrown instanceof UseDpopNonce) throw new UseDpopNonce(thrown.dpopNonce, 'resource');
    if (thrown instanceof InvalidDpopProof) return false;
    throw thrown;
  }
}

/** The CAs that clients' certificates come from, one PEM each. Throws `TlsProblem`. */
export async function loadClientAuthorities(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const pem = await loadCa(file, 'keyManager.oauth2.clientCertificateCaFile');
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
