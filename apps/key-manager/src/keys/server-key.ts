import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The file of the server key was readable by others, or held something else. The message is for operators. */
export class UnusableServerKey extends Error {
  override readonly name = 'UnusableServerKey';
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const secretLength = 40;

/**
 * Derives values that must be given out again but are never stored (client secrets, the successor of a rotated
 * refresh token): HMAC-SHA-256 under a key of its own per purpose, so that no value of one use helps with another.
 */
export class ServerKey {
  readonly #clientSecrets: Buffer;
  readonly #accessTokens: Buffer;
  readonly #refreshTokens: Buffer;

  /** `secret` is at least 32 characters of any text, or random bytes. */
  constructor(secret: string | Buffer) {
    const keyFor = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `keygate/${purpose}/1`, 32));
    this.#clientSecrets = keyFor('client-secret');
    this.#accessTokens = keyFor('successor-access-token');
    this.#refreshTokens = keyFor('successor-refresh-token');
  }

  /** 40 letters and digits, about 238 bits; letters and digits alone survive every client's idea of Basic encoding. */
  clientSecret(secretId: string): string {
    const digest = createHmac('sha256', this.#clientSecrets).update(secretId).digest('hex');
    let rest = BigInt(`0x${digest}`);
    let secret = '';
    while (secret.length < secretLength) {
      secret += alphabet[Number(rest % 62n)];
      rest /= 62n;
    }
    return secret;
  }

  /** The pair that rotating `presented` with `salt` gives, 32 lowercase hex each; needs the presented token itself. */
  successorOf(presented: string, salt: Buffer): { accessToken: string; refreshToken: string } {
    const derive = (key: Buffer) => createHmac('sha256', key).update(salt).update(presented).digest('hex').slice(0, 32);
    return { accessToken: derive(this.#accessTokens), refreshToken: derive(this.#refreshTokens) };
  }
}

/**
 * The key from the configuration, or the one in `<dataDir>/secret.key`, made at the first start with mode 0600.
 * Throws `UnusableServerKey`.
 */
export async function loadServerKey(configured: string | undefined, dataDir: string): Promise<ServerKey> {
  if (configured !== undefined) return new ServerKey(configured);
  const file = join(dataDir, 'secret.key');
  const existing = await readKey(file);
  return new ServerKey(existing ?? (await createKey(file, dataDir)));
}

async function readKey(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const { mode } = await stat(file);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new UnusableServerKey(`${file} can be read by other users: run chmod 600 ${file}`);
  }
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new UnusableServerKey(`${file} does not hold a server key: restore it, or remove it to make a new one`);
  }
  return Buffer.from(text.trim(), 'hex');
}

/** Written aside and linked into place: of two processes that start together, both end up with the same key. */
async function createKey(file: string, dataDir: string): Promise<Buffer> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(aside, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  const key = await readKey(file);
  if (!key) throw new UnusableServerKey(`${file} vanished while it was being made`);
  return key;
}
