import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PemPair } from './local-ca.js';

/** A certificate or key that cannot be used, as one line that names the setting. */
export class TlsProblem extends Error {
  override readonly name = 'TlsProblem';
}

/** Names of the settings that hold the two files, for messages. */
export interface PairSettings {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads a certificate chain and its key and refuses what could not serve: one without the other, unreadable,
 * expired, not yet valid, or a key that belongs to another certificate. All of these would otherwise surface as
 * handshake failures at the clients.
 */
export async function loadPemPair(
  certFile: string | undefined,
  keyFile: string | undefined,
  settings: PairSettings,
): Promise<PemPair> {
  if (certFile === undefined) throw new TlsProblem(`${settings.cert}: is required when ${settings.key} is given`);
  if (keyFile === undefined) throw new TlsProblem(`${settings.key}: is required when ${settings.cert} is given`);
  const cert = await read(certFile, settings.cert);
  const key = await read(keyFile, settings.key);
  const certificate = parseCertificate(cert, certFile, settings.cert);
  refuseOutOfDate(certificate, certFile, settings.cert);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile, settings.key))) {
    throw new TlsProblem(
      `${settings.key}: ${keyFile} is not the key of the certificate in ${certFile} (${settings.cert})`,
    );
  }
  return { cert, key };
}

/** Reads a file of CA certificates (PEM); refuses one that is no certificate or whose first certificate is expired. */
export async function loadCa(caFile: string, setting: string): Promise<string> {
  const pem = await read(caFile, setting);
  refuseOutOfDate(parseCertificate(pem, caFile, setting), caFile, setting);
  return pem;
}

async function read(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new TlsProblem(`${setting}: ${file} cannot be read: ${code === 'ENOENT' ? 'no such file' : message}`);
  }
}

function parseCertificate(pem: string, file: string, setting: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new TlsProblem(`${setting}: ${file} holds no PEM certificate`, { cause: error });
  }
}

function parseKey(pem: string, file: string, setting: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    // The cause is left out of the sentence: a parser's message may quote key material.
    throw new TlsProblem(`${setting}: ${file} holds no PEM private key without a passphrase`, { cause: error });
  }
}

function refuseOutOfDate(certificate: X509Certificate, file: string, setting: string): void {
  const now = Date.now();
  if (now > Date.parse(certificate.validTo)) {
    throw new TlsProblem(`${setting}: the certificate in ${file} expired on ${certificate.validTo}`);
  }
  if (now < Date.parse(certificate.validFrom)) {
    throw new TlsProblem(`${setting}: the certificate in ${file} is not valid before ${certificate.validFrom}`);
  }
}
