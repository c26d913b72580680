import { temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoOutsideLoopback, demoFacts, seedDemo } from '../src/admin/index.js';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { openStorage } from '../src/storage/open-storage.js';
import type { Storage } from '../src/storage/storage.js';
import { silent } from './support/each-storage.js';
import { startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const documentedHeader = 'Basic d1U2MkRqbHlEQm5xODdHbEJ3cGxmcXZtQWJBYTprc2RTZG9lZkREUDd3cGFFbGZxdm1qRHVl';

describe('the demo data', () => {
  const folder = temporaryFolder();
  let storage: Storage;
  let keyManager: TestKeyManager;
  const start = (backendUrl: string) =>
    startTestKeyManager({ demo: { backendUrl }, openStorage: () => Promise.resolve(storage) });

  beforeAll(async () => {
    storage = await openStorage({ dataDir: folder.path, poolSize: 2, logger: silent, caseSensitiveUserNames: false });
    keyManager = await start('http://127.0.0.1:4000');
  });
  afterAll(async () => {
    await keyManager.stop();
    folder.remove();
  });

  it('answers the documented request', async () => {
    const { username, password } = demoFacts;
    const { status, body } = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', username, password, scope: 'read update' },
      documentedHeader,
    );
    expect(status).toBe(200);
    expect(body.scope).toBe('read update');
    const narrow = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', username, password, scope: 'read' },
      documentedHeader,
    );
    expect(narrow.body.scope).toBe('read');
  });

  it('is deployed and subscribed', async () => {
    const snapshot = await storage.catalogFeed.snapshot('Default');
    expect(snapshot.apis).toHaveLength(1);
    expect(snapshot.consumerKeys.map(({ clientId }) => clientId)).toEqual([demoFacts.consumerKey]);
    expect(snapshot.subscriptions).toHaveLength(1);
  });

  it('stays as it is when it is made again, but follows the backend', async () => {
    const before = await storage.catalogFeed.snapshot('Default');
    await seedDemo(keyManager.config, keyManager, { backendUrl: 'http://127.0.0.1:4000' });
    expect(await storage.catalogFeed.snapshot('Default')).toEqual(before);
    for (const port of [4001, 4002, 4003]) {
      await seedDemo(keyManager.config, keyManager, { backendUrl: `http://127.0.0.1:${port}` });
    }
    const after = await storage.catalogFeed.snapshot('Default');
    expect(after.apis).toHaveLength(1);
    expect(after.apis[0]?.api.id).toBe(before.apis[0]?.api.id);
    expect(after.apis[0]?.revision.body.endpointConfig?.production_endpoints).toEqual({ url: 'http://127.0.0.1:4003' });
    expect(after.subscriptions).toEqual(before.subscriptions);
    expect(await storage.apis.listRevisions(after.apis[0]?.api.id ?? '')).toHaveLength(1);
  });

  it('is refused where other machines can reach it', async () => {
    await expect(
      startTestKeyManager({
        demo: { backendUrl: 'http://127.0.0.1:4000' },
        openStorage: () => Promise.resolve(createMemoryStorage()),
        keyManager: { adminPassword: 'long and unusual words', listeners: { bindAddress: '0.0.0.0' } },
      }),
    ).rejects.toThrow(DemoOutsideLoopback);
  });

  it('keeps a database shut that it was once made in', async () => {
    const used = createMemoryStorage();
    const openStorage = () => Promise.resolve({ ...used, close: () => Promise.resolve() });
    const quickstart = await startTestKeyManager({ demo: { backendUrl: 'http://127.0.0.1:4000' }, openStorage });
    await quickstart.stop();
    const outside = { adminPassword: undefined, listeners: { bindAddress: '0.0.0.0' } };
    await expect(startTestKeyManager({ openStorage, keyManager: outside })).rejects.toThrow(DemoOutsideLoopback);
    const throughGateway = { openStorage, keyManager: { adminPassword: undefined }, gatewayBindAddress: '0.0.0.0' };
    await expect(startTestKeyManager(throughGateway)).rejects.toThrow(/gateway\.listeners\.bindAddress/);
    const inside = await startTestKeyManager({ openStorage, keyManager: { adminPassword: undefined } });
    await inside.stop();
  });
});
