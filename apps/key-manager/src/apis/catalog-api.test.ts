import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import type { DeployedApi } from '../storage/feeds.js';
import type { Api, ApiBody } from './api.js';
import { toCatalogApi } from './catalog-api.js';
import { defaultContext, effectiveContext } from './context.js';

const operation = {
  id: 'o1',
  target: '/pets/{petId}',
  verb: 'get',
  authType: 'Application User',
  throttlingPolicy: '10KPerMin',
  scopes: ['read'],
};

function deployed(body: Partial<ApiBody> = {}, api: Partial<Api> = {}): DeployedApi {
  const whole: ApiBody = {
    transport: ['http', 'https'],
    policies: ['Gold'],
    securityScheme: ['oauth2'],
    operations: [operation],
    scopes: [],
    ...body,
  };
  return {
    api: {
      id: 'api-1',
      tenantDomain: 'carbon.super',
      provider: 'admin@carbon.super',
      name: 'PetStore',
      version: '1.0.0',
      context: '/petstore',
      lifeCycleStatus: 'PUBLISHED',
      isDefaultVersion: false,
      body: { ...whole, policies: ['changed since'] },
      createdAt: 0,
      updatedAt: 0,
      ...api,
    },
    revision: { id: 'rev-1', apiId: 'api-1', number: 1, description: '', body: whole, createdAt: 0 },
    deployment: {
      apiId: 'api-1',
      environment: 'Default',
      vhost: 'localhost',
      revisionId: 'rev-1',
      displayOnDevportal: true,
      deployedAt: 0,
    },
  };
}

const noSecrets = { open: () => '', stickyKey: () => Buffer.alloc(0) };
const catalogApi = (api: DeployedApi) => toCatalogApi(api, noSecrets);

describe('an API as gateways see it', () => {
  it('has the fields of the deployed revision', () => {
    expect(catalogApi(deployed())).toMatchObject({
      id: 'api-1',
      effectiveContext: '/petstore/1.0.0',
      defaultContext: undefined,
      lifecycleStatus: 'PUBLISHED',
      subscriptionRequired: true,
      revisionId: 'rev-1',
      authorizationHeader: '',
      resources: [
        {
          verb: 'GET',
          target: '/pets/{petId}',
          authType: AuthType.AUTH_TYPE_APPLICATION_USER,
          scopes: ['read'],
          throttlingTier: '10KPerMin',
        },
      ],
    });
  });

  it('has a context without version when it is the default version', () => {
    expect(catalogApi(deployed({}, { isDefaultVersion: true })).defaultContext).toBe('/petstore');
  });

  it.each([
    ['None', AuthType.AUTH_TYPE_NONE],
    ['Application', AuthType.AUTH_TYPE_APPLICATION],
    ['Application & Application User', AuthType.AUTH_TYPE_ANY],
    ['something else', AuthType.AUTH_TYPE_ANY],
  ])('turns authType %s into %s', (authType, expected) => {
    const [resource] = catalogApi(deployed({ operations: [{ ...operation, authType }] })).resources;
    expect(resource?.authType).toBe(expected);
  });

  it.each([
    [['Gold'], true],
    [['Gold', 'DefaultSubscriptionless'], true],
    [['DefaultSubscriptionless'], false],
    [[], true],
  ])('with tiers %j says subscriptionRequired %s', (policies, expected) => {
    expect(catalogApi(deployed({ policies })).subscriptionRequired).toBe(expected);
  });
});

describe('contexts', () => {
  it.each([
    ['/pets', '/pets/1.0', '/pets'],
    ['/{version}/pets', '/1.0/pets', '/pets'],
    ['/api/developer/{version}', '/api/developer/1.0', '/api/developer'],
    ['/t/tenant1.com/pets', '/t/tenant1.com/pets/1.0', '/t/tenant1.com/pets'],
    ['/{version}', '/1.0', '/'],
  ])('%s', (context, effective, byDefault) => {
    expect(effectiveContext(context, '1.0')).toBe(effective);
    expect(defaultContext(context)).toBe(byDefault);
  });
});
