import { X509Certificate } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { issueCertificate, newPrivateKey, selfSignedCa } from './issue.js';

/** A certificate (chain) and its private key, both PEM text. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** File name under `<dataDir>/tls/`, without ending. */
  readonly name: string;
  readonly commonName: string;
  readonly kind: 'server' | 'client';
  /** More host names or addresses beside localhost, the host name, 127.0.0.1 and ::1; servers only. */
  readonly hosts?: readonly string[];
}

const renewBeforeMillis = 30 * 86_400_000;

const tlsFile = (dataDir: string, name: string) => join(dataDir, 'tls', name);

/** Where the certificate of the local CA lies, e.g. for `curl --cacert`. */
export function caCertificateFile(dataDir: string): string {
  return tlsFile(dataDir, 'ca.crt');
}

/**
 * The CA of a data folder, made on first use. Several processes may ask at once: the first file to appear wins, and
 * a certificate always fits its key because it is made from the key that is on disk.
 */
export async function ensureLocalCa(dataDir: string): Promise<PemPair> {
  const key = await keepFirst(tlsFile(dataDir, 'ca.key'), newPrivateKey, 0o600);
  const certFile = caCertificateFile(dataDir);
  const make = () => selfSignedCa(key, `Keygate local CA (${hostname()})`);
  const cert = await keepFirst(certFile, make, 0o644);
  const parsed = new X509Certificate(cert);
  return endsSoon(parsed) ? { key, cert: await replace(certFile, await make()) } : { key, cert };
}

/**
 * A certificate from the local CA, made once and made again when fewer than 30 days are left, when the CA changed or
 * when a host is missing.
 */
export async function ensureCertificate(
  dataDir: string,
  request: CertificateRequest,
): Promise<PemPair & { readonly ca: string }> {
  const ca = await ensureLocalCa(dataDir);
  const hosts = request.kind === 'server' ? serverHosts(request.hosts) : [];
  const key = await keepFirst(tlsFile(dataDir, `${request.name}.key`), newPrivateKey, 0o600);
  const certFile = tlsFile(dataDir, `${request.name}.crt`);
  const make = () => issueCertificate(ca, key, { commonName: request.commonName, kind: request.kind, hosts });
  const found = await keepFirst(certFile, make, 0o644);
  const cert = isStillGood(found, ca, request.commonName, hosts) ? found : await replace(certFile, await make());
  return { cert, key, ca: ca.cert };
}

function serverHosts(more: readonly string[] = []): string[] {
  const named = [hostname(), ...more].filter((host) => /^[\w.-]+$|:/.test(host) && host !== '0.0.0.0' && host !== '::');
  return [...new Set(['localhost', ...named, '127.0.0.1', '::1'])];
}

/** Not about to expire, signed by this CA, and for this name and these hosts. */
export function isStillGood(pem: string, ca: PemPair, commonName: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  if (endsSoon(certificate) || !certificate.verify(new X509Certificate(ca.cert).publicKey)) return false;
  if (certificate.subject !== `CN=${commonName}`) return false;
  return hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)));
}

function endsSoon(certificate: X509Certificate): boolean {
  return Date.parse(certificate.validTo) - Date.now() < renewBeforeMillis;
}

/** The file's content; when there is none yet, makes it. Linking a finished file into place is atomic and never overwrites. */
async function keepFirst(file: string, make: () => string | Promise<string>, mode: number): Promise<string> {
  const found = await readOrUndefined(file);
  if (found !== undefined) return found;
  const draft = await writeDraft(file, await make(), mode);
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

async function replace(file: string, content: string): Promise<string> {
  await rename(await writeDraft(file, content, 0o644), file);
  return content;
}

async function writeDraft(file: string, content: string, mode: number): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.draft`;
  await writeFile(draft, content, { mode, flag: 'wx' });
  return draft;
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
