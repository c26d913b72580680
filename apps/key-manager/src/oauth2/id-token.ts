import { createHash } from 'node:crypto';
import { seconds } from './access-token-jwt.js';
import type { Authentication, Client } from './model.js';
import type { Clock } from './ports.js';
import type { OAuth2Settings } from './settings.js';
import type { TokenSigner } from './signing/token-signer.js';

export interface IdTokenDeps {
  readonly signer: TokenSigner;
  readonly issuer: string;
  readonly settings: Pick<OAuth2Settings, 'lifetimesSeconds'>;
  readonly clock: Clock;
}

/** What one login by one client is told as. */
export interface IdTokenFacts {
  /** The same as in the access token. */
  readonly subject: string;
  /** Absent where a grant knows nothing of a login, as with another issuer's assertion. */
  readonly authentication?: Authentication | undefined;
  /** Issued with it: becomes `at_hash`. */
  readonly accessToken?: string | undefined;
  /** Issued with it by the authorization endpoint: becomes `c_hash`. */
  readonly code?: string | undefined;
}

export type IdTokens = (client: Client, facts: IdTokenFacts) => Promise<string>;

/** OpenID Connect Core §2. Its type is `JWT`, never `at+jwt`: no gateway takes it for an access token. */
export function createIdTokens({ signer, issuer, settings, clock }: IdTokenDeps): IdTokens {
  return (client, { subject, authentication, accessToken, code }) => {
    const now = clock.now();
    const expiresAt = now + settings.lifetimesSeconds.idToken * 1_000;
    const claims = {
      iss: issuer,
      sub: subject,
      aud: client.clientId,
      azp: client.clientId,
      exp: seconds(expiresAt),
      iat: seconds(now),
      auth_time: authentication && seconds(authentication.authTime),
      nonce: authentication?.nonce,
      acr: authentication?.acr,
      amr: authentication?.amr,
      sid: authentication?.sessionId,
      at_hash: accessToken && halfHash(accessToken),
      c_hash: code && halfHash(code),
    };
    return signer.sign({ typ: 'JWT', alg: client.metadata.idTokenSignedResponseAlg, claims, expiresAt });
  };
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash of the algorithm, SHA-256 for both of ours. */
function halfHash(value: string): string {
  return createHash('sha256').update(value, 'ascii').digest().subarray(0, 16).toString('base64url');
}
