import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The file of the server key was readable by others, or held something else. The message is for operators. */
export class UnusableSecretKey extends Error {
  override readonly name = 'UnusableSecretKey';
}

/**
 * The key that client secrets and rotated tokens are derived with: the configured one, or the one in `<dataDir>/secret.key`, made at the
 * first start with mode 0600. Throws `UnusableSecretKey`.
 */
export async function loadSecretKey(configured: string | undefined, dataDir: string): Promise<Buffer> {
  if (configured !== undefined) return Buffer.from(configured, 'utf8');
  const file = join(dataDir, 'secret.key');
  return (await readKey(file)) ?? (await createKey(file, dataDir));
}

/** Throws `UnusableSecretKey` when the database has been used with another key. */
export async function claimDatabase(
  key: Buffer,
  store: { claimServerKey(fingerprint: string): Promise<boolean> },
): Promise<void> {
  // Keyed, so that the database says nothing about the key itself.
  const fingerprint = createHmac('sha256', key).update('keygate server key fingerprint').digest('hex');
  if (await store.claimServerKey(fingerprint)) return;
  throw new UnusableSecretKey(
    'this database has been used with another server key: give every key manager of one database the same ' +
      'keyManager.secretKey (KEY_MANAGER_SECRET_KEY), or the secret.key file of the first data folder',
  );
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
    throw new UnusableSecretKey(`${file} can be read by other users: run chmod 600 ${file}`);
  }
  if (!/^[0-9a-f]{64}\s*$/.test(text)) {
    throw new UnusableSecretKey(`${file} does not hold a server key: restore it, or remove it to make a new one`);
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
  if (!key) throw new UnusableSecretKey(`${file} vanished while it was being made`);
  return key;
}
