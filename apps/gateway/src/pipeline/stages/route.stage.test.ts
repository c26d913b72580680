import { describe, expect, it } from 'vitest';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { anExchange, aRoutedExchange, faultOf, settings } from '../test/exchange.js';
import { route } from './route.stage.js';

const at = (target: string, method = 'GET', api: Parameters<typeof anApi>[0] = {}) =>
  aRoutedExchange({ target, method }, catalogOf({ apis: [anApi(api)] }));

describe('route', () => {
  it('finds API, resource, suffix and query', () => {
    const { api, resource, route: found } = at('/petstore/1.0.0/pets/7?a=b');
    expect([api.id, resource.target, found.suffix, found.query]).toEqual(['api-1', '/pets/{petId}', '/pets/7', 'a=b']);
  });

  it('finds the default version without its version', () => {
    expect(at('/petstore/pets', 'GET', { defaultContext: '/petstore' }).route.suffix).toBe('/pets');
  });

  it('keeps the bytes received, also of an encoded context', () => {
    const { api, route: found } = at('/pet%73tore/1.0.0/p%65ts/%37');
    expect([api.id, found.suffix]).toEqual(['api-1', '/p%65ts/%37']);
  });

  it.each([
    ['/nowhere/1.0.0/pets', 'GET', {}, 'unknownContext'],
    ['/petstore/2.0.0/pets', 'GET', {}, 'unknownContext'],
    ['/petstore/1.0.0/birds', 'GET', {}, 'noSuchResource'],
    ['/petstore/1.0.0/pets', 'DELETE', {}, 'methodNotAllowed'],
    ['/petstore/1.0.0/pets', 'TRACE', {}, 'methodNotAllowed'],
    ['/petstore/1.0.0/birds', 'OPTIONS', {}, 'noSuchResource'],
    ['/petstore/1.0.0/pets', 'GET', { transports: ['http'] }, 'unsupportedTransport'],
    ['/petstore/1.0.0/pets', 'GET', { lifecycleStatus: 'BLOCKED' }, 'apiBlocked'],
    ['/petstore/1.0.0/pets', 'GET', { lifecycleStatus: 'CREATED' }, 'unknownContext'],
    ['/petstore/1.0.0/pets', 'GET', { lifecycleStatus: 'SOMETHING' }, 'unknownContext'],
  ])('%s %s with %j is %s', (target, method, api, fault) => {
    expect(faultOf(() => at(target, method, api)).fault).toBe(fault);
  });

  it.each(['PUBLISHED', 'PROTOTYPED', 'DEPRECATED'])('serves an API that is %s', (lifecycleStatus) => {
    expect(at('/petstore/1.0.0/pets', 'GET', { lifecycleStatus }).api.id).toBe('api-1');
  });

  it('says with Allow what may be done', () => {
    const { headers } = faultOf(() => at('/petstore/1.0.0/pets', 'DELETE'));
    expect(headers).toEqual(['Allow', 'GET, POST, HEAD']);
  });

  it('takes OPTIONS for CORS unless the API leaves CORS to its backend', () => {
    expect(at('/petstore/1.0.0/pets', 'OPTIONS').route.verbs).toEqual(['GET', 'POST']);
    const cors = { enabled: false, allowOrigins: [], allowCredentials: false, allowHeaders: [], allowMethods: [] };
    expect(faultOf(() => at('/petstore/1.0.0/pets', 'OPTIONS', { cors })).fault).toBe('methodNotAllowed');
  });

  it('answers 503 while there is no catalogue', () => {
    const stage = route({ catalog: { current: () => undefined }, settings });
    expect(faultOf(() => stage.run(anExchange())).fault).toBe('notReady');
  });
});

describe('matrix parameters', () => {
  const resources = [
    aResource('GET /admin', { scopes: ['admin'] }),
    aResource('GET /pets;v=1'),
    aResource('GET /pets'),
  ];

  it('do not hide the segment they stand behind', () => {
    expect(at('/petstore/1.0.0/admin;x=1', 'GET', { resources }).resource.target).toBe('/admin');
    expect(at('/petstore/1.0.0/admin%3bx=1', 'GET', { resources }).resource.target).toBe('/admin');
  });

  it('are no part of a context', () => {
    expect(faultOf(() => at('/petstore;x/1.0.0/admin', 'GET', { resources })).fault).toBe('unknownContext');
  });

  it('that name another resource make the path ambiguous', () => {
    expect(faultOf(() => at('/petstore/1.0.0/pets;v=1', 'GET', { resources })).fault).toBe('badRequest');
    const wide = [...resources, aResource('GET /*')];
    expect(faultOf(() => at('/petstore/1.0.0/admin;x', 'GET', { resources: wide })).fault).toBe('badRequest');
  });
});
