import { certificatesOf } from '@keygate/common/jose';
import { reservedClaims } from '../oauth2/assertions/mapped-claims.js';
import { Refusal } from '../refusal.js';
import type { IdentityProvider } from './identity-provider.js';

const nameText = /^[^\p{Cc}\p{Cs}/]{1,100}$/u;

/** Throws `Refusal` for a provider that could not work, or whose names could be taken for others. */
export function checkProvider({ name, issuer, jwksUri, certificates, saml, claimMapping }: IdentityProvider): void {
  // Subjects are called FEDERATED/<name>/<sub>: with a slash in it, one provider could speak for another.
  if (!nameText.test(name) || name !== name.trim()) {
    throw new Refusal('invalid', 'The name is 1 to 100 characters without "/" and without blanks around it');
  }
  if (issuer.trim() === '') throw new Refusal('invalid', 'The issuer is empty');
  if (jwksUri !== undefined && certificates !== undefined) {
    throw new Refusal('invalid', 'Keys come from a JWKS or from certificates, not from both');
  }
  if (jwksUri === undefined && certificates === undefined && saml === undefined) {
    throw new Refusal('invalid', 'A JWKS, a certificate or a SAML entity is needed');
  }
  if (jwksUri !== undefined) checkJwksUri(jwksUri);
  if (certificates !== undefined) checkCertificates(certificates);
  if (saml !== undefined) checkCertificates(saml.certificates);
  const reserved = claimMapping.find(({ localClaim }) => reservedClaims.has(localClaim));
  if (reserved) throw new Refusal('invalid', `The claim ${reserved.localClaim} is set by this server`);
}

/** PEM, or Base64 around it, as WSO2's clients send it. Throws `Refusal` when it is neither. */
export function pemOf(value: string): string {
  const text = value.trim();
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) return text;
  const inside = Buffer.from(text, 'base64').toString('latin1').trim();
  if (inside.startsWith('-----BEGIN CERTIFICATE-----')) return inside;
  throw new Refusal('invalid', 'The certificate cannot be decoded');
}

function checkCertificates(pem: string): void {
  try {
    certificatesOf(pem);
  } catch {
    throw new Refusal('invalid', 'The certificate cannot be decoded');
  }
}

/** Where its host leads is judged when it is asked: a name may point elsewhere by then. */
function checkJwksUri(uri: string): void {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const isLocal = url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const isFit = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (!isFit || url.username !== '' || url.password !== '') {
    throw new Refusal('invalid', 'The JWKS needs an https URL without credentials');
  }
}
