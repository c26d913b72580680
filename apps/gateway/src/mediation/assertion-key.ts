import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jwkThumbprint } from '@keygate/common/dpop';

export type AssertionAlgorithm = 'RS256' | 'ES256';

/** What signs the JWTs for backends. */
export interface AssertionKey {
  readonly kid: string;
  readonly alg: AssertionAlgorithm;
  /** For the gateway's key set. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(text: string): Buffer;
}

/** The message names the setting and never what the file holds. */
export class AssertionKeyProblem extends Error {
  override readonly name = 'AssertionKeyProblem';
}

/** The key of the file; with `madeAs` one that is not there is made, for the eyes of its owner only. */
export async function loadAssertionKey(path: string, madeAs?: AssertionAlgorithm): Promise<AssertionKey> {
  const pem = (await read(path)) ?? (madeAs && ((await make(path, madeAs)) ?? (await read(path))));
  if (pem === undefined) throw new AssertionKeyProblem(`gateway.backendJwt.keyFile: ${path} cannot be read`);
  try {
    return toKey(createPrivateKey(pem));
  } catch {
    throw new AssertionKeyProblem(
      `gateway.backendJwt.keyFile: ${path} holds no RSA key of 2048 bits or more and no P-256 key in PEM`,
    );
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Undefined when another process was first. */
async function make(path: string, alg: AssertionAlgorithm): Promise<string | undefined> {
  const { privateKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await mkdir(dirname(path), { recursive: true });
  // Never over one that is there and could not be read: backends may know it.
  // Written beside and put into place whole, so that nobody reads half a key.
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, pem, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
    return pem;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    await unlink(draft);
  }
}

function toKey(key: KeyObject): AssertionKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const isRsa = type === 'rsa' && (details?.modulusLength ?? 0) >= 2_048;
  const isP256 = type === 'ec' && details?.namedCurve === 'prime256v1';
  if (!isRsa && !isP256) throw new Error('no such key');
  const alg = isRsa ? 'RS256' : 'ES256';
  const publicKey = createPublicKey(key);
  const jwk = publicKey.export({ format: 'jwk' }) as Record<string, unknown>;
  const kid = jwkThumbprint(publicKey);
  return {
    kid,
    alg,
    publicJwk: { ...jwk, kid, alg, use: 'sig' },
    sign: (text) => sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }),
  };
}
