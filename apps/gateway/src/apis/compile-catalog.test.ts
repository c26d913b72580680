import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { CatalogEntities } from './catalog-entities.js';
import { compileCatalog } from './compile-catalog.js';
import type { CompiledApi } from './compiled-catalog.js';
import {
  aConsumerKey,
  anApi,
  anApplication,
  aResource,
  aSubscription,
  catalogOf,
  change,
  entitiesOf,
} from './test/catalog.js';

function apiAt(entities: CatalogEntities, path: string): CompiledApi | undefined {
  return compileCatalog(entities).apis.find(path.split('/').filter(Boolean))?.api;
}

describe('contexts', () => {
  const v1 = anApi({ defaultContext: '/petstore' });
  const v2 = anApi({ id: 'api-2', version: '2.0.0', effectiveContext: '/petstore/2.0.0' });
  const tenant = anApi({ id: 'api-3', effectiveContext: '/t/acme.com/petstore/1.0.0' });
  const { apis } = catalogOf({ apis: [v1, v2, tenant] });

  it.each([
    ['/petstore/1.0.0/pets', 'api-1', 2],
    ['/petstore/2.0.0', 'api-2', 2],
    ['/petstore/pets', 'api-1', 1],
    ['/petstore/3.0.0/pets', 'api-1', 1],
    ['/t/acme.com/petstore/1.0.0/pets', 'api-3', 4],
  ])('%s belongs to %s', (path, id, depth) => {
    const match = apis.find(path.split('/').filter(Boolean));
    expect([match?.api.id, match?.depth]).toEqual([id, depth]);
  });

  it.each(['/', '/pets', '/petstore2/1.0.0', '/t/acme.com', '/PETSTORE/1.0.0'])('%s belongs to nobody', (path) => {
    expect(apis.find(path.split('/').filter(Boolean))).toBeUndefined();
  });

  it('gives a contested context to the first and says so', () => {
    const { apis: contested, problems } = catalogOf({ apis: [anApi(), anApi({ id: 'api-2' })] });
    expect(contested.find(['petstore', '1.0.0'])?.api.id).toBe('api-1');
    expect(problems).toEqual(['API api-2: context /petstore/1.0.0 is taken']);
  });

  it('never lets a default version hide another version', () => {
    const greedy = anApi({ id: 'api-0', effectiveContext: '/x/1', defaultContext: '/petstore/1.0.0' });
    expect(catalogOf({ apis: [greedy, anApi()] }).apis.find(['petstore', '1.0.0'])?.api.id).toBe('api-1');
  });
});

describe('an API', () => {
  it('treats an unknown authentication type as any token, not as none', () => {
    const api = anApi({ resources: [aResource('GET /x', { authType: AuthType.UNRECOGNIZED })] });
    expect(apiAt(entitiesOf({ apis: [api] }), '/petstore/1.0.0')?.resources.find(['x'], 0, 'GET')?.authType).toBe(
      'Any',
    );
  });

  it('leaves out addresses that cannot be called, without repeating them', () => {
    const urls = [
      'ftp://a',
      'http://user:hunter2@b',
      'nonsense',
      'http://{uri.var.host}/',
      'https://ok.test:8443/a/b/?k=1',
    ];
    const { apis, problems } = catalogOf({
      apis: [anApi({ productionEndpoint: { urls, timeoutMillis: 1500, trustedCertificates: [] } })],
    });
    expect(apis.find(['petstore', '1.0.0'])?.api.production).toMatchObject({
      upstreams: [{ origin: 'https://ok.test:8443', basePath: '/a/b', query: 'k=1' }],
      timeoutMillis: 1500,
    });
    expect(problems).toHaveLength(4);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    [undefined, { allowsAnyOrigin: true, allowMethods: '', allowCredentials: false }],
    [
      { enabled: true, allowOrigins: ['*'], allowCredentials: true, allowHeaders: ['a', 'b'], allowMethods: ['GET'] },
      { allowsAnyOrigin: true, allowCredentials: false, allowHeaders: 'a, b', allowMethods: 'GET' },
    ],
    [
      { enabled: true, allowOrigins: ['https://a'], allowCredentials: true, allowHeaders: [], allowMethods: [] },
      { allowsAnyOrigin: false, allowCredentials: true },
    ],
  ])('with CORS %j', (cors, expected) => {
    expect(apiAt(entitiesOf({ apis: [anApi({ cors })] }), '/petstore/1.0.0')?.cors).toMatchObject(expected);
  });

  it('allows its own header for the token in CORS', () => {
    const api = anApi({ authorizationHeader: 'X-Token' });
    expect(apiAt(entitiesOf({ apis: [api] }), '/petstore/1.0.0')?.cors?.allowHeaders).toMatch(/SOAPAction, X-Token$/);
  });

  it('with CORS disabled has no rules', () => {
    const cors = { enabled: false, allowOrigins: ['*'], allowCredentials: false, allowHeaders: [], allowMethods: [] };
    expect(apiAt(entitiesOf({ apis: [anApi({ cors })] }), '/petstore/1.0.0')?.cors).toBeUndefined();
  });
});

describe('a change', () => {
  it('of one API leaves the others as they were', () => {
    const entities = entitiesOf({ apis: [anApi(), anApi({ id: 'api-2', effectiveContext: '/b/1' })] });
    const [before1, before2] = [apiAt(entities, '/petstore/1.0.0'), apiAt(entities, '/b/1')];
    expect(change(entities, { $case: 'api', api: anApi({ lifecycleStatus: 'BLOCKED' }) })).toBe(true);
    expect(apiAt(entities, '/petstore/1.0.0')?.lifecycle).toBe('BLOCKED');
    expect(apiAt(entities, '/petstore/1.0.0')).not.toBe(before1);
    expect(apiAt(entities, '/b/1')).toBe(before2);
  });

  it('of a subscription touches only its application', () => {
    const entities = entitiesOf({
      applications: [anApplication(), anApplication({ id: 'app-2' })],
      consumerKeys: [aConsumerKey(), aConsumerKey({ consumerKey: 'other', applicationId: 'app-2' })],
      subscriptions: [aSubscription(), aSubscription({ id: 'sub-2', applicationId: 'app-2' })],
    });
    const before = compileCatalog(entities).consumers;
    change(entities, { $case: 'subscription', subscription: aSubscription({ status: 'BLOCKED' }) });
    const after = compileCatalog(entities).consumers;
    expect(before.get('key-1')?.application.subscriptions.get('api-1')?.status).toBe('UNBLOCKED');
    expect(after.get('key-1')?.application.subscriptions.get('api-1')?.status).toBe('BLOCKED');
    expect(after.get('other')?.application).toBe(before.get('other')?.application);
  });

  it('removes what is deleted', () => {
    const entities = entitiesOf();
    expect(change(entities, { $case: 'subscriptionDeleted', subscriptionDeleted: 'sub-1' })).toBe(true);
    expect(compileCatalog(entities).consumers.get('key-1')?.application.subscriptions.size).toBe(0);
    change(entities, { $case: 'consumerKeyDeleted', consumerKeyDeleted: 'key-1' });
    expect(compileCatalog(entities).consumers.has('key-1')).toBe(false);
    change(entities, { $case: 'applicationDeleted', applicationDeleted: 'app-1' });
    expect(compileCatalog(entities).consumers.size).toBe(0);
    change(entities, { $case: 'apiDeleted', apiDeleted: 'api-1' });
    expect(compileCatalog(entities).apis.size).toBe(0);
  });

  it('moves a subscription that changes its application', () => {
    const entities = entitiesOf({ applications: [anApplication(), anApplication({ id: 'app-2' })] });
    change(entities, { $case: 'subscription', subscription: aSubscription({ applicationId: 'app-2' }) });
    expect(entities.subscriptionsOf('app-1').size).toBe(0);
    expect(entities.subscriptionsOf('app-2').size).toBe(1);
  });

  it('already known is ignored', () => {
    const entities = entitiesOf();
    const old = { revision: 1, change: { $case: 'apiDeleted', apiDeleted: 'api-1' } } as const;
    expect(entities.apply({ content: { $case: 'change', change: old } })).toBe(false);
    expect(entities.apis.size).toBe(1);
  });

  it('survives a round trip through its snapshot', () => {
    const entities = entitiesOf();
    change(entities, { $case: 'application', application: anApplication({ name: 'renamed' }) });
    const copy = new CatalogEntities();
    copy.apply({ content: { $case: 'snapshot', snapshot: entities.toSnapshot() } });
    expect(copy.toSnapshot()).toEqual(entities.toSnapshot());
    expect(copy.revision).toBe(2);
    expect(compileCatalog(copy).consumers.get('key-1')?.application.name).toBe('renamed');
  });
});

it('compiles ten thousand APIs', () => {
  const apis = Array.from({ length: 10_000 }, (_, i) =>
    anApi({ id: `api-${i}`, effectiveContext: `/area${i % 100}/api${i}/1.0.0` }),
  );
  const { apis: compiled, problems } = catalogOf({ apis });
  expect(compiled.size).toBe(10_000);
  expect(compiled.find(['area34', 'api1234', '1.0.0', 'pets'])?.api.id).toBe('api-1234');
  expect(problems).toEqual([]);
});
