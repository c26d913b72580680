import { hash } from 'node:crypto';

/** Longest token that is looked at, in characters; a JWT with many scopes fits. Gateways have the same limit. */
export const maxTokenLength = 8_192;

/** RFC 6750 §2.1. Covers 32 hex, 36-character UUIDs (both WSO2 looks) and JWTs. */
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;

/** SHA-256: what is stored for a token or a client secret, which are random enough not to need a slow hash. */
export function sha256(value: string): Buffer {
  return hash('sha256', value, 'buffer');
}

/** The look-up key of a presented token; undefined for what can't be a token, which then is simply unknown. */
export function tokenHash(presented: string): Buffer | undefined {
  // Length first, so that a huge value costs nothing.
  return presented.length <= maxTokenLength && b64token.test(presented) ? sha256(presented) : undefined;
}
