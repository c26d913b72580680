import { startPostgres, temporaryFolder } from '@keygate/common/testing';
import { expect, it } from 'vitest';
import { listSigningKeys, rotateKeys } from '../src/admin/index.js';
import { keyManagerSchema } from '../src/config/key-manager.config.js';
import { UnusableSecretKey } from '../src/config/secret-key.js';
import { openStorage } from '../src/storage/open-storage.js';
import { silent } from './support/each-storage.js';
import { startTestKeyManager } from './support/key-manager.js';

it('keys rotate from the command line beside a running key manager', async () => {
  const [postgres, folder] = [await startPostgres(), temporaryFolder()];
  const secretKey = 'the-server-key-of-all-test-key-managers';
  const oauth2 = { signing: { jwksMaxAgeSeconds: 1 } };
  const config = keyManagerSchema.parse({
    dataDir: folder.path,
    keyManager: { databaseUrl: postgres.url, databasePoolSize: 2, secretKey, oauth2 },
  });
  const keyManager = await startTestKeyManager({
    keyManager: { oauth2 },
    openStorage: (dataDir) =>
      openStorage({
        databaseUrl: postgres.url,
        dataDir,
        poolSize: 4,
        caseSensitiveUserNames: false,
        logger: silent,
      }),
  });
  try {
    const before = await listSigningKeys(config, silent);
    expect(before.map(({ alg, state }) => `${alg} ${state}`).sort()).toEqual(['ES256 active', 'RS256 active']);
    expect(JSON.stringify(before)).not.toMatch(/encrypted|private/i);

    const [pending] = await rotateKeys(config, silent, { algorithm: 'RS256', now: false });
    expect(pending).toMatchObject({ alg: 'RS256', state: 'pending' });
    const keySet = async () => (await keyManager.send('GET', '/oauth2/jwks')).text;
    await expect.poll(keySet, { timeout: 20_000 }).toContain(pending?.kid);
    const state = async () => (await listSigningKeys(config, silent)).find(({ kid }) => kid === pending?.kid)?.state;
    await expect.poll(state, { timeout: 30_000 }).toBe('active');
    expect(await keySet()).toContain(before.find(({ alg }) => alg === 'RS256')?.kid);

    const stranger = { ...config, keyManager: { ...config.keyManager, secretKey: 'x'.repeat(40) } };
    await expect(rotateKeys(stranger, silent, { now: true })).rejects.toThrow(UnusableSecretKey);
  } finally {
    await keyManager.stop();
    await postgres.stop();
    folder.remove();
  }
});
