import { randomUUID } from 'node:crypto';
import { seconds } from '../oauth2/access-token-jwt.js';
import type { KeyType } from '../oauth2/model.js';
import type { Clock } from '../oauth2/ports.js';
import type { TokenSigner } from '../oauth2/signing/token-signer.js';
import type { Api } from './api.js';
import { effectiveContext } from './context.js';

export interface InternalKeyPorts {
  readonly signer: TokenSigner;
  readonly issuer: string;
  readonly clock: Clock;
}

/**
 * Nothing keeps internal keys, so none can be revoked on its own: they are short-lived instead, and end with the user.
 */
const validitySeconds = 3_600;

/** No access token (RFC 9068) and no id_token: whoever looks at `typ` takes it for neither. */
export const internalKeyType = 'internal-key+jwt';

/** WSO2: generate-key. Lets somebody of the API team try one API, in any state of its life cycle. */
export async function createInternalKey(
  { signer, issuer, clock }: InternalKeyPorts,
  api: Api,
  subject: string,
): Promise<{ readonly apikey: string; readonly validityTime: number }> {
  const now = clock.now();
  const expiresAt = now + validitySeconds * 1_000;
  const claims = {
    iss: issuer,
    sub: subject,
    keytype: keyTypeOf(api),
    api_id: api.id,
    api_context: effectiveContext(api.context, api.version),
    api_version: api.version,
    tenant_domain: api.tenantDomain,
    token_type: 'InternalKey',
    iat: seconds(now),
    nbf: seconds(now),
    exp: seconds(expiresAt),
    jti: randomUUID(),
  };
  return { apikey: await signer.sign({ typ: internalKeyType, claims, expiresAt }), validityTime: validitySeconds };
}

/** SANDBOX when that is the only endpoint there is. */
function keyTypeOf({ body: { endpointConfig } }: Api): KeyType {
  const has = (declared: unknown) => [declared].flat().some((entry) => Boolean((entry as { url?: unknown })?.url));
  const isSandboxOnly = !has(endpointConfig?.production_endpoints) && has(endpointConfig?.sandbox_endpoints);
  return isSandboxOnly ? 'SANDBOX' : 'PRODUCTION';
}
