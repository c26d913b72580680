import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newClientId } from './client-ids.js';
import { loadServerKey, ServerKey, UnusableServerKey } from './server-key.js';
import { SystemTokenValues } from './token-values.js';

const salt = Buffer.alloc(16, 7);

describe('the server key', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'server-key-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('derives the same values each time, and others under another key', () => {
    const [one, again, other] = [
      new ServerKey('k'.repeat(32)),
      new ServerKey('k'.repeat(32)),
      new ServerKey('o'.repeat(32)),
    ];
    expect(one.clientSecret('id')).toBe(again.clientSecret('id'));
    expect(one.clientSecret('id')).not.toBe(other.clientSecret('id'));
    expect(one.clientSecret('id')).toMatch(/^[A-Za-z0-9]{40}$/);
    const pair = one.successorOf('presented', salt);
    expect(pair).toEqual(again.successorOf('presented', salt));
    expect(pair.accessToken).toMatch(/^[0-9a-f]{32}$/);
    expect(pair.refreshToken).toMatch(/^[0-9a-f]{32}$/);
    expect(pair.accessToken).not.toBe(pair.refreshToken);
    expect(one.successorOf('presented', Buffer.alloc(16, 8))).not.toEqual(pair);
    expect(one.successorOf('another', salt)).not.toEqual(pair);
  });

  it('is made once, readable by its owner only', async () => {
    const [first, second] = await Promise.all([loadServerKey(undefined, folder), loadServerKey(undefined, folder)]);
    const third = await loadServerKey(undefined, folder);
    expect(first.clientSecret('id')).toBe(second.clientSecret('id'));
    expect(first.clientSecret('id')).toBe(third.clientSecret('id'));
    expect((await stat(join(folder, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'secret.key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('is refused when others can read it or when it is no key', async () => {
    const file = join(folder, 'secret.key');
    await writeFile(file, 'short', { mode: 0o600 });
    await expect(loadServerKey(undefined, folder)).rejects.toThrow(UnusableServerKey);
    await writeFile(file, 'a'.repeat(64));
    await chmod(file, 0o644);
    await expect(loadServerKey(undefined, folder)).rejects.toThrow(/chmod 600/);
  });
});

describe('token values', () => {
  it('are 32 hex characters that do not repeat, over more than one pool', () => {
    const values = new SystemTokenValues(new ServerKey('k'.repeat(32)));
    const drawn = Array.from({ length: 3_000 }, () => values.random());
    expect(new Set(drawn).size).toBe(3_000);
    expect(drawn.every((value) => /^[0-9a-f]{32}$/.test(value))).toBe(true);
    expect(values.salt()).toHaveLength(16);
  });

  it('client ids are 28 letters and digits', () => {
    expect(newClientId()).toMatch(/^[A-Za-z0-9]{28}$/);
    expect(newClientId()).not.toBe(newClientId());
  });
});
