import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface Issued {
  readonly der: Buffer;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly name: string;
}

export interface Issue {
  readonly name: string;
  /** Itself when left out. */
  readonly issuer?: Issued;
  readonly isAuthority?: boolean;
  readonly from?: Date;
  readonly to?: Date;
}

const hour = 3_600_000;

/** A certificate as a CA of a customer would make it. */
export async function issue({ name, issuer, isAuthority = false, from, to }: Issue): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex'),
    subject: [{ CN: [name] }],
    issuer: [{ CN: [issuer?.name ?? name] }],
    notBefore: from ?? new Date(Date.now() - hour),
    notAfter: to ?? new Date(Date.now() + hour),
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(
        isAuthority ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature,
        true,
      ),
    ],
  });
  return { der: Buffer.from(certificate.rawData), keys, name };
}

export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/** One that the tests upload, and one that nobody knows. */
export const shownCertificates = {
  uploaded: (await issue({ name: 'partner' })).der,
  other: (await issue({ name: 'stranger' })).der,
};
