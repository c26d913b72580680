import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../storage/memory/memory-storage.js';
import { claimDatabase, loadSecretKey, UnusableSecretKey } from './secret-key.js';

describe('the secret key', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'secret-key-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is the configured one when there is one', async () => {
    expect(await loadSecretKey('k'.repeat(32), folder)).toEqual(Buffer.from('k'.repeat(32)));
    await expect(stat(join(folder, 'secret.key'))).rejects.toThrow(/ENOENT/);
  });

  it('is made once, readable by its owner only, also when two processes start together', async () => {
    const [first, second] = await Promise.all([loadSecretKey(undefined, folder), loadSecretKey(undefined, folder)]);
    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(await loadSecretKey(undefined, folder)).toEqual(first);
    expect((await stat(join(folder, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'secret.key'), 'utf8')).toBe(`${first.toString('hex')}\n`);
  });

  it('is refused when others can read it or when it is no key', async () => {
    const file = join(folder, 'secret.key');
    await writeFile(file, 'short', { mode: 0o600 });
    await expect(loadSecretKey(undefined, folder)).rejects.toThrow(UnusableSecretKey);
    await writeFile(file, 'a'.repeat(64));
    await chmod(file, 0o644);
    await expect(loadSecretKey(undefined, folder)).rejects.toThrow(/chmod 600/);
  });

  it('has to be the one the database was first used with', async () => {
    const { serverKey } = createMemoryStorage();
    const [first, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    await claimDatabase(first, serverKey);
    await claimDatabase(first, serverKey);
    await expect(claimDatabase(other, serverKey)).rejects.toThrow(/KEY_MANAGER_SECRET_KEY/);
  });
});
