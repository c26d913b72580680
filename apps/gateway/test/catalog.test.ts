import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@keygate/common/testing';
import { AuthType, type CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoApi } from './support/demo-catalog.js';
import { send, startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
beforeEach(async () => {
  bed = await startTestBed();
});
afterEach(() => bed.stop());

const withinASecond = { timeoutMillis: 1_000 };
const backend = () => bed.keyManager.snapshot.apis[0]?.productionEndpoint?.urls[0] ?? '';
const becomes = (status: number, token: string | undefined, path?: string) =>
  waitUntil(async () => (await bed.call(token, path)).status === status, withinASecond);

describe('a catalogue change is in force within a second', () => {
  it('when an API is deployed and when it is taken away', async () => {
    const path = '/orders/2.0/health';
    expect((await bed.call(undefined, path)).status).toBe(404);
    const api = demoApi(backend(), { id: 'api-2', name: 'Orders', version: '2.0', effectiveContext: '/orders/2.0' });
    bed.keyManager.change({ $case: 'api', api });
    await becomes(200, undefined, path);
    bed.keyManager.change({ $case: 'apiDeleted', apiDeleted: 'api-2' });
    await becomes(404, undefined, path);
  });

  it('when a resource needs another scope', async () => {
    bed.keyManager.grant('t');
    expect((await bed.call('t')).status).toBe(200);
    const resources = [
      { verb: 'GET', target: '/pets', authType: AuthType.AUTH_TYPE_ANY, scopes: ['admin'], throttlingTier: '' },
    ];
    bed.keyManager.change({ $case: 'api', api: demoApi(backend(), { resources }) });
    await becomes(403, 't');
    expect(JSON.parse((await bed.call('t')).body)).toMatchObject({ code: '900910' });
  });

  it('when a subscription is removed, and when it is back', async () => {
    bed.keyManager.grant('t');
    expect((await bed.call('t')).status).toBe(200);
    bed.keyManager.change({ $case: 'subscriptionDeleted', subscriptionDeleted: 'sub-1' });
    await becomes(403, 't');
    const subscription = {
      id: 'sub-2',
      applicationId: 'app-1',
      apiId: 'api-1',
      throttlingTier: '',
      status: 'UNBLOCKED',
    };
    bed.keyManager.change({ $case: 'subscription', subscription });
    await becomes(200, 't');
  });

  it('when a consumer key is added', async () => {
    bed.keyManager.grant('t', { clientId: 'newKey' });
    expect((await bed.call('t')).status).not.toBe(200);
    const consumerKey = { consumerKey: 'newKey', applicationId: 'app-1', keyType: KeyType.KEY_TYPE_PRODUCTION };
    bed.keyManager.change({ $case: 'consumerKey', consumerKey });
    await becomes(200, 't');
  });

  it('when it comes in parts, and not before the last of them', async () => {
    await bed.keyManager.stop();
    const { apis } = bed.keyManager.snapshot;
    bed.keyManager.grant('t');
    bed.keyManager.snapshot = { ...bed.keyManager.snapshot, revision: 9 };
    const part = (snapshot: CatalogSnapshot) => ({ ...snapshot, apis: [], more: true });
    bed.keyManager.inParts = (snapshot) => [part(snapshot), part({ ...snapshot, consumerKeys: [] })];
    await bed.keyManager.start();
    await waitUntil(() => bed.keyManager.catalogRevisions.length > 1, { timeoutMillis: 5_000 });
    expect((await bed.call('t')).status).toBe(200);
    await bed.keyManager.stop();
    const nobody = { applications: [], consumerKeys: [], subscriptions: [] };
    bed.keyManager.inParts = (snapshot) => [part(snapshot), { ...snapshot, ...nobody, apis }];
    await bed.keyManager.start();
    await becomes(200, 't');
    expect(bed.keyManager.catalogRevisions.at(-1)).not.toBe(9);
  });

  it('also when it happened while the stream was cut', async () => {
    await bed.keyManager.stop();
    bed.keyManager.snapshot = { ...bed.keyManager.snapshot, revision: 9, apis: [] };
    await bed.keyManager.start();
    await waitUntil(async () => (await bed.call(undefined, '/petstore/1.0.0/health')).status === 404);
    expect(bed.keyManager.catalogRevisions).toEqual([0, 7]);
  });

  it('and the catalogue is taken anew from a key manager whose database is younger', async () => {
    bed.keyManager.snapshot = { ...bed.keyManager.snapshot, revision: 2, apis: [] };
    await waitUntil(async () => (await bed.call(undefined, '/petstore/1.0.0/health')).status === 404);
    expect(bed.keyManager.catalogRevisions).toEqual([0, 0]);
  });
});

describe('the copy on disk', () => {
  const file = () => {
    const folder = readdirSync(bed.dataDir).find((name) => name.startsWith('gateway-')) ?? '';
    return join(bed.dataDir, folder, 'catalog.bin');
  };

  it('holds the newest change when the gateway stops', async () => {
    bed.keyManager.change({ $case: 'apiDeleted', apiDeleted: 'api-1' });
    await becomes(404, undefined, '/petstore/1.0.0/health');
    await bed.keyManager.stop();
    await bed.restart();
    expect((await bed.call(undefined, '/petstore/1.0.0/health')).status).toBe(404);
  });

  it.each<[string, (content: Buffer) => Buffer]>([
    ['cut short', (content) => content.subarray(0, content.length - 5)],
    ['changed', (content) => Buffer.concat([content.subarray(0, -1), Buffer.from([0])])],
    ['empty', () => Buffer.alloc(0)],
  ])('is ignored when it was %s', async (_, damage) => {
    await bed.gateway.stop();
    await bed.keyManager.stop();
    writeFileSync(file(), damage(readFileSync(file())));
    await bed.restart();
    expect((await send(`${bed.urls.operations}/readyz`)).status).toBe(503);
    expect((await bed.call(undefined, '/petstore/1.0.0/health')).status).toBe(503);
  });
});
