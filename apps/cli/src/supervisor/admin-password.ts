import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The admin password of a data folder, made on first use and kept (0600) so that it stays the same. */
export function keptAdminPassword(dataDir: string): string {
  const file = join(dataDir, 'admin-password');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${randomBytes(15).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}

/**
 * Whether the database of this folder was last started with another admin password. The key manager sets the password
 * of an empty database only, so a change has to be made before it starts; otherwise we would print one that is wrong.
 */
export function isAnotherAdminPassword(dataDir: string, password: string): boolean {
  let kept: string;
  try {
    kept = readFileSync(checkFile(dataDir), 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const [salt = '', digest = ''] = kept.split(':');
  return !timingSafeEqual(digestOf(password, salt), Buffer.from(digest.padEnd(64, '0').slice(0, 64), 'hex'));
}

/** Remembers a digest of the password in force; one that was configured is not written down itself. */
export function rememberAdminPassword(dataDir: string, password: string): void {
  const salt = randomBytes(16).toString('hex');
  const draft = `${checkFile(dataDir)}.${process.pid}.draft`;
  writeFileSync(draft, `${salt}:${digestOf(password, salt).toString('hex')}\n`, { mode: 0o600 });
  renameSync(draft, checkFile(dataDir));
}

const checkFile = (dataDir: string) => join(dataDir, 'admin-password.check');

const digestOf = (password: string, salt: string) => scryptSync(password, salt, 32);
