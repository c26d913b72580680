import { createHash, type KeyObject } from 'node:crypto';

/** RFC 7638 §3.2: the members that make the key, in the order of their names. */
const members: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/** SHA-256 of a public key, base64url (RFC 7638 §3); of the key, not of the text it came in, so that it has only one. */
export function jwkThumbprint(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' }) as Record<string, unknown>;
  const named = (members[String(jwk.kty)] ?? []).map((name) => [name, jwk[name]]);
  if (named.length === 0) throw new Error(`no thumbprint for a key of kind ${String(jwk.kty)}`);
  return createHash('sha256')
    .update(JSON.stringify(Object.fromEntries(named)))
    .digest('base64url');
}
