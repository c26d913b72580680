import { constants, type KeyObject, verify } from 'node:crypto';
import type { KeySet, VerificationKey } from './key-set.js';

/** A compact JWS with JSON claims (RFC 7519), read but not verified. */
export interface SignedJwt {
  readonly algorithm: string;
  readonly keyId?: string | undefined;
  readonly type?: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signingInput: string;
  readonly signature: Buffer;
}

interface Algorithm {
  readonly hash: string | null;
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly curve?: string;
  readonly padding?: number;
}

/** What can be verified; `none` and everything symmetric is not among it, whatever a setting says. RFC 7518 §3.1. */
const algorithms = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  PS256: { hash: 'sha256', keyType: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING },
  PS384: { hash: 'sha384', keyType: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING },
  PS512: { hash: 'sha512', keyType: 'rsa', padding: constants.RSA_PKCS1_PSS_PADDING },
  ES256: { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', keyType: 'ec', curve: 'secp521r1' },
  EdDSA: { hash: null, keyType: 'ed25519' },
} as const satisfies Readonly<Record<string, Algorithm>>;

/** Every algorithm whose signatures can be checked. */
export const verifiableAlgorithms = Object.keys(algorithms) as readonly (keyof typeof algorithms)[];

const maxJwtLength = 16_384;
/** Most keys that one signature is tried with, when it does not name its key. */
const maxTries = 8;

/** Reads a compact JWS; undefined for whatever is none, encrypted ones and those with `crit` or `b64` included. */
export function readJwt(text: string): SignedJwt | undefined {
  if (text.length > maxJwtLength) return undefined;
  const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/.exec(text);
  if (!parts) return undefined;
  const [, header = '', payload = '', signature = ''] = parts;
  const read = objectOf(header);
  const claims = objectOf(payload);
  if (!read || !claims || typeof read.alg !== 'string') return undefined;
  // RFC 7515 §4.1.11: what a critical extension means is not known here.
  if ('crit' in read || 'b64' in read) return undefined;
  return {
    algorithm: read.alg,
    keyId: typeof read.kid === 'string' ? read.kid : undefined,
    type: typeof read.typ === 'string' ? read.typ : undefined,
    claims,
    signingInput: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** Whether one of the keys made the signature with one of `allowed`. Keys that the token itself brings are never read. */
export function isSignedBy(jwt: SignedJwt, { keys }: KeySet, allowed: readonly string[]): boolean {
  const algorithm = algorithmOf(jwt);
  if (!algorithm || !allowed.includes(jwt.algorithm)) return false;
  return keys
    .filter((candidate) => isFor(candidate, jwt, algorithm))
    .slice(0, maxTries)
    .some(({ key }) => verifies(key, algorithm, jwt));
}

function algorithmOf({ algorithm }: SignedJwt): Algorithm | undefined {
  return Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm as keyof typeof algorithms] : undefined;
}

function isFor({ kid, alg, key }: VerificationKey, jwt: SignedJwt, { keyType, curve }: Algorithm): boolean {
  if (jwt.keyId !== undefined && kid !== undefined && kid !== jwt.keyId) return false;
  if (alg !== undefined && alg !== jwt.algorithm) return false;
  // The key decides what it is good for, not the header: no RSA key is ever read as another kind.
  if (key.asymmetricKeyType !== keyType) return false;
  return curve === undefined || key.asymmetricKeyDetails?.namedCurve === curve;
}

function verifies(key: KeyObject, { hash, padding }: Algorithm, { signingInput, signature }: SignedJwt): boolean {
  const saltLength = padding === undefined ? undefined : constants.RSA_PSS_SALTLEN_DIGEST;
  try {
    return verify(hash, Buffer.from(signingInput), { key, padding, saltLength, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}

function objectOf(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
