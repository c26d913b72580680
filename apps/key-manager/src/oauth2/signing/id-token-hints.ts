import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { IdTokenHints } from '../authorization/logout-request.js';
import { isSigningAlgorithm } from './jws.js';

export interface PublishedKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

export interface IdTokenHintDeps {
  readonly issuer: string;
  /** Of this server, as of now. */
  readonly publishedKeys: () => readonly PublishedKey[];
}

const maxLength = 8_192;
const header = z.object({ typ: z.literal('JWT'), alg: z.string().refine(isSigningAlgorithm), kid: z.string() });
const claims = z.object({ iss: z.string(), aud: z.string(), sid: z.string().optional() });

/** Reads id_tokens that this server has signed and still has the key of; expired ones as well. */
export function createIdTokenHints({ issuer, publishedKeys }: IdTokenHintDeps): IdTokenHints {
  return async (idToken) => {
    const parts = idToken.length <= maxLength ? idToken.split('.') : [];
    const [head = '', body = '', signature = ''] = parts;
    const { data: named } = header.safeParse(jsonOf(head));
    const key = parts.length === 3 ? publishedKeys().find(({ kid }) => kid === named?.kid) : undefined;
    // The key says which algorithm it is for, never the token.
    if (!named || key?.alg !== named.alg) return undefined;
    const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' });
    const input = Buffer.from(`${head}.${body}`);
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    if (!verify('sha256', input, options, Buffer.from(signature, 'base64url'))) return undefined;
    const { data: said } = claims.safeParse(jsonOf(body));
    return said?.iss === issuer ? { clientId: said.aud, sessionId: said.sid } : undefined;
  };
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
