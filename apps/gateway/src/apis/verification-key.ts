import { createPublicKey, type KeyObject } from 'node:crypto';
import type { SigningKey } from '@keygate/proto/keymanager/v1/catalog';
import type { CatalogEntities } from './catalog-entities.js';

/** A published key of the key manager, ready to verify with. */
export interface VerificationKey {
  readonly kid: string;
  /** The only algorithm that it is used with. */
  readonly alg: 'RS256' | 'ES256';
  readonly key: KeyObject;
  /** As it is shown in the key set. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly maxAgeSeconds: number;
  /** `iss` that tokens must name; empty: any, for the key belongs to this key manager alone. */
  readonly issuer: string;
}

/** Keys of an algorithm that this gateway does not know are left out: their tokens are the key manager's to judge. */
export function compileSigningKeys(
  { signingKeys }: CatalogEntities,
  problems: string[],
): ReadonlyMap<string, VerificationKey> {
  const compiled = new Map<string, VerificationKey>();
  for (const key of signingKeys.values()) {
    const ready = compiledOnce(key);
    if (ready) compiled.set(key.kid, ready);
    else problems.push(`signing key ${key.kid}: is no ${key.alg} key that can be used here`);
  }
  return compiled;
}

const known = new WeakMap<SigningKey, VerificationKey | undefined>();

function compiledOnce(key: SigningKey): VerificationKey | undefined {
  if (!known.has(key)) known.set(key, compile(key));
  return known.get(key);
}

const types = { RS256: 'rsa', ES256: 'ec' } as const;

function compile({ kid, alg, publicJwk, maxAgeSeconds, issuer }: SigningKey): VerificationKey | undefined {
  if (alg !== 'RS256' && alg !== 'ES256') return undefined;
  try {
    const jwk = JSON.parse(publicJwk) as Record<string, unknown>;
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return key.asymmetricKeyType === types[alg] ? { kid, alg, key, jwk, maxAgeSeconds, issuer } : undefined;
  } catch {
    return undefined;
  }
}
