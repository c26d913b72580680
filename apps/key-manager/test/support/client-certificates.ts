import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;

export interface MadeCertificate {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
  readonly der: Buffer;
  /** Public key, with `alg`. */
  readonly jwk: Record<string, unknown>;
}

export interface CertificateFacts {
  /** In the order of the certificate, which RFC 4514 writes backwards. */
  readonly subject?: string | undefined;
  readonly san?: readonly { type: 'dns' | 'url' | 'email' | 'ip'; value: string }[];
  readonly issuer?: MadeCertificate | undefined;
  readonly ca?: boolean;
  readonly usage?: 'client' | 'server';
  readonly from?: number;
  readonly to?: number;
}

/** A certificate that a client of an authorization server may have; signed by itself without `issuer`. */
export async function makeCertificate(facts: CertificateFacts = {}): Promise<MadeCertificate> {
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const { subject = 'CN=client', issuer } = facts;
  const parameters = {
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '1'),
    notBefore: new Date(facts.from ?? Date.now() - 3_600_000),
    notAfter: new Date(facts.to ?? Date.now() + 86_400_000),
    signingAlgorithm: signing,
    extensions: [
      new x509.BasicConstraintsExtension(facts.ca === true, undefined, true),
      ...(facts.usage
        ? [new x509.ExtendedKeyUsageExtension([facts.usage === 'client' ? clientAuth : serverAuth])]
        : []),
      ...(facts.san ? [new x509.SubjectAlternativeNameExtension([...facts.san])] : []),
    ],
  };
  const certificate = issuer
    ? await x509.X509CertificateGenerator.create({
        ...parameters,
        subject,
        issuer: issuer.certificate.subject,
        publicKey: keys.publicKey,
        signingKey: issuer.keys.privateKey,
      })
    : await x509.X509CertificateGenerator.createSelfSigned({ ...parameters, name: subject, keys });
  const der = Buffer.from(certificate.rawData);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate,
    keys,
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`,
    der,
    jwk: { ...new X509Certificate(der).publicKey.export({ format: 'jwk' }), alg: 'ES256' },
  };
}
