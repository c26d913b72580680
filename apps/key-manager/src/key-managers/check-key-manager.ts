import { certificatesOf } from '@keygate/common/jose';
import { pemOf } from '../identity-providers/check-provider.js';
import { reservedClaims } from '../oauth2/assertions/mapped-claims.js';
import { Refusal } from '../refusal.js';
import type { ForeignKeyManager, KeyManagerBody } from './key-manager.js';

const nameText = /^[^\p{Cc}\p{Cs}/]{1,100}$/u;

/** Throws `Refusal` for one whose tokens could be taken for somebody else's, or never be verified. */
export function checkKeyManager({ name, body }: ForeignKeyManager): void {
  // Its users are called FEDERATED/<name>/<sub>: with a slash in it, one key manager could speak for another.
  if (!nameText.test(name) || name !== name.trim()) {
    throw new Refusal('invalid', 'The name is 1 to 100 characters without "/" and without blanks around it');
  }
  if (body.certificates?.type === 'PEM' && certificatePem(body) === undefined) {
    throw new Refusal('invalid', 'The certificate cannot be decoded');
  }
  const reserved = body.claimMapping?.find(({ localClaim }) => reservedClaims.has(localClaim));
  if (reserved) throw new Refusal('invalid', `The claim ${reserved.localClaim} is set by this server`);
}

/** Undefined where keys come from a JWKS, or cannot be read. */
export function certificatePem({ certificates }: KeyManagerBody): string | undefined {
  if (certificates?.type !== 'PEM') return undefined;
  try {
    const pem = pemOf(certificates.value);
    certificatesOf(pem);
    return pem;
  } catch {
    return undefined;
  }
}
