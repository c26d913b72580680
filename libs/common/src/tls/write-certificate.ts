import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueCertificate, newPrivateKey } from './issue.js';
import { ensureLocalCa, isStillGood } from './local-ca.js';

/** The files that were written, or found still good. */
export interface CertificateFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Issues a certificate for another machine, good for servers and clients: `ca.crt`, `<name>.crt` and `<name>.key` in
 * the folder. A pair that is still valid, from the same CA and for these hosts, is left alone.
 */
export async function writeCertificate(
  dataDir: string,
  folder: string,
  request: { readonly commonName: string; readonly hosts: readonly string[] },
): Promise<CertificateFiles> {
  const { commonName } = request;
  // It becomes a file name and a distinguished name.
  if (!/^[\w][\w.-]{0,63}$/.test(commonName)) {
    throw new Error(`--cn: must be 1 to 64 letters, digits, "_", "." or "-", not ${JSON.stringify(commonName)}`);
  }
  const hosts = request.hosts.length > 0 ? request.hosts : ['localhost', '127.0.0.1', '::1'];
  const ca = await ensureLocalCa(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = {
    ca: join(folder, 'ca.crt'),
    cert: join(folder, `${commonName}.crt`),
    key: join(folder, `${commonName}.key`),
  };
  await put(files.ca, ca.cert, 0o644);
  const found = await findPair(files);
  if (found && isStillGood(found, ca, commonName, hosts)) return files;
  const key = newPrivateKey();
  await put(files.key, key, 0o600);
  await put(files.cert, await issueCertificate(ca, key, { commonName, kind: 'peer', hosts }), 0o644);
  return files;
}

/** The certificate that is there, if its key is there too and fits. */
async function findPair(files: CertificateFiles): Promise<string | undefined> {
  try {
    const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? cert : undefined;
  } catch {
    return undefined;
  }
}

async function put(file: string, content: string, mode: number): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, content, { mode });
  await chmod(draft, mode);
  await rename(draft, file);
}
