import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What proofs may be signed with; asymmetric ones only (RFC 9449 §4.3, item 5). Published by both servers. */
export const dpopAlgorithms: readonly string[] = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The key inside a proof; undefined for a private one (§4.3, item 7), a weak one, or one of another algorithm. */
export function proofKey(jwk: unknown, algorithm: string): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return undefined;
  if (privateMembers.some((name) => name in jwk)) return undefined;
  try {
    const { kty, n, e, crv, x, y } = jwk as Record<string, string>;
    const key = createPublicKey({ key: withoutUndefined({ kty, n, e, crv, x, y }), format: 'jwk' });
    return isFor(algorithm, key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the holder of the key signed the text. */
export function isSignature(algorithm: string, key: KeyObject, text: string, signature: Buffer): boolean {
  const data = Buffer.from(text);
  try {
    switch (algorithm) {
      case 'ES256':
        return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
      case 'EdDSA':
      case 'Ed25519':
        return verify(null, data, key, signature);
      case 'RS256':
        return verify('sha256', data, key, signature);
      case 'PS256': {
        const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
        return verify('sha256', data, { key, ...padding }, signature);
      }
      default:
        return false;
    }
  } catch {
    return false;
  }
}

function isFor(algorithm: string, key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (algorithm) {
    case 'ES256':
      return key.asymmetricKeyType === 'ec' && namedCurve === 'prime256v1';
    case 'EdDSA':
    case 'Ed25519':
      return key.asymmetricKeyType === 'ed25519';
    case 'RS256':
    case 'PS256':
      // Anybody chooses the key of a proof: a long modulus or exponent would keep the process busy with one signature.
      return (
        key.asymmetricKeyType === 'rsa' &&
        modulusLength >= 2_048 &&
        modulusLength <= 4_096 &&
        publicExponent <= 0xff_ff_ff_ffn
      );
    default:
      return false;
  }
}

function withoutUndefined(members: Record<string, string | undefined>): Record<string, string> {
  const known = Object.entries(members).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(known) as Record<string, string>;
}
