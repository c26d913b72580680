import { X509Certificate } from 'node:crypto';
import { certificatesOf } from '@keygate/common/jose';
import { Refusal } from '../refusal.js';

/** A chain is rarely longer. */
const mostInFile = 10;

/** PEM or DER as it was uploaded, as PEM of the certificates alone: whatever else is in the file is not kept. */
export function readCertificates(bytes: Buffer, now: number): readonly X509Certificate[] {
  const certificates = decode(bytes);
  if (certificates.length > mostInFile) throw new Refusal('invalid', `A file holds ${mostInFile} certificates at most`);
  if (certificates.some(({ validTo }) => Date.parse(validTo) <= now)) {
    throw new Refusal('certificate_expired', 'Certificate Expired');
  }
  return certificates;
}

/** The file's only certificate. */
export function readCertificate(bytes: Buffer, now: number): X509Certificate {
  const [certificate, ...more] = readCertificates(bytes, now);
  if (!certificate || more.length > 0) throw new Refusal('invalid', 'The file holds more than one certificate');
  return certificate;
}

function decode(bytes: Buffer): readonly X509Certificate[] {
  const text = bytes.toString('latin1');
  // Somebody's key must not become known because it was in the wrong file.
  if (text.includes('PRIVATE KEY-----')) throw new Refusal('invalid', 'The file holds a private key: nothing was kept');
  try {
    return certificatesOf(text.includes('-----BEGIN CERTIFICATE-----') ? text : new X509Certificate(bytes).toString());
  } catch {
    throw new Refusal('invalid', 'The certificate cannot be decoded, or its key is too weak');
  }
}

export const pemOf = (certificates: readonly X509Certificate[]): string =>
  certificates.map((certificate) => certificate.toString()).join('');

/** WSO2: CertificateInfo. */
export function certificateInfo(pem: string, now: number) {
  const { validFrom, validTo, subject, fingerprint256 } = new X509Certificate(pem);
  const isInTime = Date.parse(validFrom) <= now && now < Date.parse(validTo);
  return {
    status: isInTime ? 'Active' : 'Expired',
    validity: { from: new Date(validFrom).toISOString(), to: new Date(validTo).toISOString() },
    version: '3',
    subject: subject.replaceAll('\n', ', '),
    fingerprint: fingerprint256,
  };
}
