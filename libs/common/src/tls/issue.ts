import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { PemPair } from './local-ca.js';

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;
const dayMillis = 86_400_000;
const caDays = 3_650;
// Just under the 398 days that TLS clients accept of a server certificate.
const leafDays = 397;

const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
const usages = { server: [serverAuth], client: [clientAuth], peer: [serverAuth, clientAuth] } as const;

export interface IssuedCertificate {
  readonly commonName: string;
  /** `peer` is good for both. */
  readonly kind: 'server' | 'client' | 'peer';
  /** DNS names and IP addresses of a server. */
  readonly hosts?: readonly string[];
}

/** A new P-256 private key as PKCS#8 PEM. */
export function newPrivateKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

/** A self-signed CA certificate for the key. It may sign leaves only, no further CA. */
export async function selfSignedCa(privateKeyPem: string, commonName: string): Promise<string> {
  const keys = await keyPairOf(privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    ...validity(caDays),
    keys,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

/** A certificate for the key, signed by the CA; `extendedKeyUsage` admits it for its kind only. */
export async function issueCertificate(
  ca: PemPair,
  privateKeyPem: string,
  request: IssuedCertificate,
): Promise<string> {
  const caKeys = await keyPairOf(ca.key);
  const keys = await keyPairOf(privateKeyPem);
  const issuer = new x509.X509Certificate(ca.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.commonName] }],
    issuer: issuer.subjectName,
    ...validity(leafDays),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([...usages[request.kind]]),
      ...alternativeNames(request.hosts ?? []),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return certificate.toString('pem');
}

function alternativeNames(hosts: readonly string[]): x509.SubjectAlternativeNameExtension[] {
  if (hosts.length === 0) return [];
  return [
    new x509.SubjectAlternativeNameExtension(
      hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
    ),
  ];
}

function validity(days: number) {
  const now = Date.now();
  // An hour back: clients whose clock is behind accept a certificate made just now.
  return { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + days * dayMillis) };
}

function serialNumber(): string {
  const bytes = randomBytes(16);
  // RFC 5280 §4.1.2.2: positive, so the top bit is clear; the next one set keeps it from starting with zero bytes.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function keyPairOf(privateKeyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const key = createPrivateKey(privateKeyPem);
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const [privateKey, publicKey] = await Promise.all([
    webcrypto.subtle.importKey('pkcs8', pkcs8, curve, true, ['sign']),
    webcrypto.subtle.importKey('spki', spki, curve, true, ['verify']),
  ]);
  return { privateKey, publicKey };
}
