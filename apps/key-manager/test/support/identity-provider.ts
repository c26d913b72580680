import 'reflect-metadata';
import { createPrivateKey, type KeyObject, randomUUID, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { SignJWT } from 'jose';
import { SignedXml } from 'xml-crypto';
import type { IdentityProvider } from '../../src/identity-providers/identity-provider.js';

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

/** A key pair with a certificate, as an identity provider has one. */
export interface SigningIdentity {
  readonly key: KeyObject;
  readonly certificate: string;
  /** The public key, as a set holds it. */
  readonly jwk: Readonly<Record<string, unknown>>;
}

export async function signingIdentity(period: { from?: number; to?: number } = {}): Promise<SigningIdentity> {
  const keys = await webcrypto.subtle.generateKey(rsa, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=idp.example.com',
    notBefore: new Date(period.from ?? 0),
    notAfter: new Date(period.to ?? Date.UTC(2_099, 0)),
    keys,
    signingAlgorithm: rsa,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    certificate: certificate.toString('pem'),
    jwk: { ...(await webcrypto.subtle.exportKey('jwk', keys.publicKey)), alg: 'RS256', key_ops: undefined },
  };
}

export const idpIssuer = 'https://idp.example.com';
export const idpEntity = 'https://idp.example.com/saml';
export const tokenEndpoint = 'https://localhost:9443/oauth2/token';

export function provider(change: Partial<IdentityProvider> = {}): IdentityProvider {
  return {
    id: randomUUID(),
    tenantDomain: 'carbon.super',
    name: 'example',
    issuer: idpIssuer,
    audiences: ['keygate-at-idp'],
    roleMapping: [],
    claimMapping: [],
    useLocalUser: false,
    description: '',
    enabled: true,
    createdAt: 0,
    ...change,
  };
}

/** A JWT about `bob`; `now` in milliseconds. A claim of undefined is left out. */
export function signJwt(
  { key }: SigningIdentity,
  now: number,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const at = Math.floor(now / 1_000);
  const all = { iss: idpIssuer, sub: 'bob', aud: 'keygate-at-idp', iat: at, exp: at + 300, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);
}

export interface SamlFacts {
  readonly id?: string;
  readonly issuer?: string;
  readonly nameId?: string;
  readonly audience?: string;
  readonly recipient?: string;
  readonly method?: string;
  /** Seconds from now. */
  readonly ends?: number;
  readonly starts?: number;
  readonly conditions?: string;
  readonly statements?: string;
  readonly data?: string;
}

export const isoTime = (millis: number) => new Date(millis).toISOString();

/** An assertion about `bob`, unsigned. */
export function samlAssertion(now: number, facts: SamlFacts = {}): string {
  const { id = `_${randomUUID()}`, issuer = idpEntity, nameId = 'bob', audience = 'keygate-at-idp' } = facts;
  const {
    recipient = tokenEndpoint,
    method = 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    ends = 300,
    starts = -60,
  } = facts;
  const until = isoTime(now + ends * 1_000);
  const data = facts.data ?? `<saml:SubjectConfirmationData Recipient="${recipient}" NotOnOrAfter="${until}"/>`;
  const conditions =
    facts.conditions ??
    `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`;
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${isoTime(now)}">` +
    `<saml:Issuer>${issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID>${nameId}</saml:NameID><saml:SubjectConfirmation Method="${method}">${data}</saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${isoTime(now + starts * 1_000)}" NotOnOrAfter="${until}">${conditions}</saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${isoTime(now)}"><saml:AuthnContext/></saml:AuthnStatement>${facts.statements ?? ''}` +
    `</saml:Assertion>`
  );
}

export interface SignatureFacts {
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
}

/** Signs as SAML does: enveloped, after the issuer. */
export function signXml({ key }: SigningIdentity, xml: string, facts: SignatureFacts = {}): string {
  const signing = new SignedXml({
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }),
    signatureAlgorithm: (facts.signatureAlgorithm ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256') as never,
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signing.addReference({
    xpath: "/*[local-name(.)='Assertion']",
    digestAlgorithm: (facts.digestAlgorithm ?? 'http://www.w3.org/2001/04/xmlenc#sha256') as never,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
  });
  const location = { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } as const;
  signing.computeSignature(xml, { location, prefix: 'ds' });
  return signing.getSignedXml();
}

export const encoded = (xml: string) => Buffer.from(xml).toString('base64url');
