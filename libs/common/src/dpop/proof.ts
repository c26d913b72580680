import { createHash } from 'node:crypto';
import { jwkThumbprint } from './jwk-thumbprint.js';
import { namesOwnUrl, type OwnUrl } from './own-urls.js';
import { dpopAlgorithms, isSignature, proofKey } from './proof-key.js';

/** What a proof has to be for. */
export interface ExpectedProof {
  readonly method: string;
  /** Our URLs and the path of the request; `htu` has to name one of them. */
  readonly own: readonly OwnUrl[];
  readonly path: string;
  /** The access token that comes with it, at a resource (`ath`). */
  readonly accessToken?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly window: ProofWindow;
}

/** How old a proof may be, and how far clients' clocks may be off. */
export interface ProofWindow {
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
}

/** A good proof, but for its `nonce` and for being the first with its `jti`: those two are for the caller to judge. */
export interface Proof {
  /** Of the key that the sender holds (RFC 7638). */
  readonly thumbprint: string;
  readonly nonce: string | undefined;
  /** Names this very proof: `jti` and the key, hashed. */
  readonly id: string;
  /** Until when it has to be remembered; milliseconds since the epoch. */
  readonly replayableUntil: number;
}

/** Why a `DPoP` header proves nothing; for the log. */
export interface ProofFault {
  readonly fault: string;
}

const maxLength = 8_192;
const compact = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** RFC 9449 §4.3. */
export function checkProof(headerValue: string, expected: ExpectedProof): Proof | ProofFault {
  // Two headers come joined with a comma, which no proof has in it (§4.3, item 1).
  const parts = headerValue.length <= maxLength ? compact.exec(headerValue) : null;
  const [, head = '', body = '', tail = ''] = parts ?? [];
  const header = jsonObject(head);
  const claims = jsonObject(body);
  if (!header || !claims) return { fault: 'it is no JWT' };
  const { alg, typ, jwk } = header;
  if (typ !== 'dpop+jwt' || 'crit' in header) return { fault: 'it is no DPoP proof' };
  if (typeof alg !== 'string' || !dpopAlgorithms.includes(alg)) return { fault: 'its algorithm is not taken' };
  const fault = claimsFault(claims, expected);
  if (fault !== undefined) return { fault };
  const key = proofKey(jwk, alg);
  if (!key) return { fault: 'its key is not taken' };
  if (!isSignature(alg, key, `${head}.${body}`, Buffer.from(tail, 'base64url')))
    return { fault: 'its signature is wrong' };
  const thumbprint = jwkThumbprint(key);
  return {
    thumbprint,
    nonce: typeof claims.nonce === 'string' ? claims.nonce : undefined,
    id: createHash('sha256')
      .update(`${thumbprint}.${String(claims.jti)}`)
      .digest('base64url'),
    replayableUntil:
      (Number(claims.iat) + expected.window.maxAgeSeconds + expected.window.clockSkewSeconds + 1) * 1_000,
  };
}

function claimsFault(claims: Readonly<Record<string, unknown>>, expected: ExpectedProof): string | undefined {
  const { jti, htm, htu, iat, ath } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) return 'jti is missing';
  // Compared as it is: methods are case-sensitive (RFC 9110 §9.1).
  if (htm !== expected.method) return 'htm is another method';
  if (typeof htu !== 'string' || !namesOwnUrl(htu, expected.own, expected.path)) return 'htu is another address';
  const { maxAgeSeconds, clockSkewSeconds } = expected.window;
  const age = typeof iat === 'number' ? expected.now / 1_000 - iat : Number.NaN;
  if (!(age <= maxAgeSeconds + clockSkewSeconds && age >= -clockSkewSeconds)) return 'iat is not now';
  if (expected.accessToken === undefined) return undefined;
  // Without it a proof stolen together with another token of the same client would do (§7).
  return ath === accessTokenHash(expected.accessToken) ? undefined : 'ath is of another token';
}

/** `ath` (RFC 9449 §4.2). */
export function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest('base64url');
}

function jsonObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
