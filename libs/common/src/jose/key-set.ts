import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';

/** A public key that signatures are checked with. */
export interface VerificationKey {
  readonly kid?: string | undefined;
  /** If the set says so, the key is for this algorithm only (RFC 7517 §4.4). */
  readonly alg?: string | undefined;
  readonly key: KeyObject;
}

/** RFC 7517 §5, as far as signatures need it. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
}

export const KeySets = Symbol('KeySets');
/** The key sets that others publish. */
export interface KeySets {
  /** The set at `uri`, at most some minutes old. Throws when it can't be had. */
  keySetAt(uri: string): Promise<KeySet>;
  /**
   * For a signature that none of `known` verifies: the set as it is now, if it was not fetched a moment ago. Undefined
   * when there is no newer one.
   */
  newerThan(known: KeySet, uri: string): Promise<KeySet | undefined>;
}

const maxKeys = 100;
const minRsaBits = 2_048;
const maxRsaBits = 8_192;
/** Everybody's is 65,537. */
const maxRsaExponent = 0xff_ff_ff_ffn;

/** Reads a key set; undefined when the document is none. Keys that cannot verify a signature here are left out. */
export function parseKeySet(document: unknown): KeySet | undefined {
  if (!isObject(document) || !Array.isArray(document.keys) || document.keys.length > maxKeys) return undefined;
  return { keys: document.keys.flatMap((jwk: unknown) => verificationKey(jwk) ?? []) };
}

/** The keys of certificates (PEM, one or several) that are valid now; throws when one cannot be decoded. */
export function keySetOfCertificates(pem: string, now: number): KeySet {
  const inTime = certificatesOf(pem).filter(
    ({ validFrom, validTo }) => Date.parse(validFrom) <= now && now < Date.parse(validTo),
  );
  return { keys: inTime.map(({ publicKey }) => ({ key: strongKey(publicKey) })) };
}

/** Throws when there is none, when one cannot be decoded or when its key is too weak. */
export function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('there is no certificate');
  const certificates = blocks.map((block) => new X509Certificate(block));
  for (const { publicKey } of certificates) strongKey(publicKey);
  return certificates;
}

function verificationKey(jwk: unknown): VerificationKey | undefined {
  if (!isObject(jwk) || !mayVerify(jwk)) return undefined;
  try {
    // A symmetric key in a public set would let everyone sign: createPublicKey takes none.
    const key = strongKey(createPublicKey({ key: publicMembers(jwk), format: 'jwk' }));
    return { kid: textOf(jwk.kid), alg: textOf(jwk.alg), key };
  } catch {
    // RFC 7517 §5: keys that are not understood are ignored.
    return undefined;
  }
}

function mayVerify({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

function publicMembers({ kty, n, e, crv, x, y }: Record<string, unknown>): JsonWebKey {
  const members = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(members) as JsonWebKey;
}

function strongKey(key: KeyObject): KeyObject {
  const { modulusLength: bits, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (bits !== undefined && bits < minRsaBits) throw new Error(`the RSA key has fewer than ${minRsaBits} bits`);
  // Clients choose their keys: with an exponent as long as the modulus one signature keeps the process busy for
  // milliseconds, and forged ones may come as fast as anybody sends them.
  if (bits !== undefined && (bits > maxRsaBits || publicExponent > maxRsaExponent)) {
    throw new Error('the RSA key costs too much to check signatures with');
  }
  return key;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
