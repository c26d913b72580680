import { type Api, AuthType, type CatalogSnapshot, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';

const resource = (verb: string, target: string, authType: AuthType, scopes: string[] = []): Resource => ({
  verb,
  target,
  authType,
  scopes,
  throttlingTier: 'Unlimited',
});

export function demoApi(backendUrl: string, more: Partial<Api> = {}): Api {
  return {
    id: 'api-1',
    name: 'PetStore',
    version: '1.0.0',
    provider: 'admin@carbon.super',
    tenantDomain: 'carbon.super',
    effectiveContext: '/petstore/1.0.0',
    lifecycleStatus: 'PUBLISHED',
    transports: ['http', 'https'],
    resources: [
      resource('GET', '/pets', AuthType.AUTH_TYPE_ANY, ['read']),
      resource('POST', '/pets', AuthType.AUTH_TYPE_ANY, ['update']),
      resource('GET', '/health', AuthType.AUTH_TYPE_NONE),
    ],
    productionEndpoint: { urls: [backendUrl], timeoutMillis: 0, trustedCertificates: [] },
    sandboxEndpoint: undefined,
    cors: { enabled: false, allowOrigins: [], allowCredentials: false, allowHeaders: [], allowMethods: [] },
    authorizationHeader: '',
    subscriptionRequired: true,
    revisionId: 'rev-1',
    ...more,
  };
}

/** PetStore, one application with the consumer key `demoConsumerKey`, subscribed. */
export function demoSnapshot(backendUrl: string): CatalogSnapshot {
  return {
    revision: 7,
    apis: [demoApi(backendUrl)],
    applications: [
      {
        id: 'app-1',
        name: 'DemoApplication',
        owner: 'demo@carbon.super',
        tenantDomain: 'carbon.super',
        throttlingTier: 'Unlimited',
        status: 'APPROVED',
        attributes: {},
      },
    ],
    consumerKeys: [{ consumerKey: 'demoConsumerKey', applicationId: 'app-1', keyType: KeyType.KEY_TYPE_PRODUCTION }],
    subscriptions: [
      { id: 'sub-1', applicationId: 'app-1', apiId: 'api-1', throttlingTier: 'Unlimited', status: 'UNBLOCKED' },
    ],
    throttlingPolicies: [],
    denyRules: [],
    keyManagers: [],
    signingKeys: [],
  };
}
