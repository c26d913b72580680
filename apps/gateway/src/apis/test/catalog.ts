import {
  type Api,
  type Application,
  AuthType,
  type CatalogChange,
  type ConsumerKey,
  type DenyRule,
  type KeyManager,
  type Resource,
  type SigningKey,
  type Subscription,
  type ThrottlingPolicy,
} from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { CatalogEntities } from '../catalog-entities.js';
import { compileCatalog } from '../compile-catalog.js';
import type { CompiledCatalog } from '../compiled-catalog.js';

export function aResource(text: string, needs: Partial<Resource> = {}): Resource {
  const [verb = '', target = ''] = text.split(' ');
  return { verb, target, authType: AuthType.AUTH_TYPE_ANY, scopes: [], throttlingTier: 'Unlimited', ...needs };
}

/** PetStore as in the quickstart: `read` and `update` scopes, an open resource, a catch-all that needs `rest`. */
export function anApi(given: Partial<Api> = {}): Api {
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
      aResource('GET /pets', { scopes: ['read'] }),
      aResource('POST /pets', { scopes: ['update'] }),
      aResource('GET /pets/{petId}', { scopes: ['read'] }),
      aResource('GET /health', { authType: AuthType.AUTH_TYPE_NONE }),
    ],
    productionEndpoint: { urls: ['http://backend.test:9000/base'], timeoutMillis: 0, trustedCertificates: [] },
    cors: undefined,
    authorizationHeader: '',
    subscriptionRequired: true,
    revisionId: 'revision-1',
    ...given,
  };
}

export function anApplication(given: Partial<Application> = {}): Application {
  return {
    id: 'app-1',
    name: 'DemoApplication',
    owner: 'demo@carbon.super',
    tenantDomain: 'carbon.super',
    throttlingTier: 'Unlimited',
    status: 'APPROVED',
    attributes: {},
    ...given,
  };
}

export function aConsumerKey(given: Partial<ConsumerKey> = {}): ConsumerKey {
  return { consumerKey: 'key-1', applicationId: 'app-1', keyType: KeyType.KEY_TYPE_PRODUCTION, ...given };
}

export function aSubscription(given: Partial<Subscription> = {}): Subscription {
  return { id: 'sub-1', applicationId: 'app-1', apiId: 'api-1', throttlingTier: 'Gold', status: 'UNBLOCKED', ...given };
}

export interface Entities {
  readonly apis?: Api[];
  readonly applications?: Application[];
  readonly consumerKeys?: ConsumerKey[];
  readonly subscriptions?: Subscription[];
  readonly signingKeys?: SigningKey[];
  readonly throttlingPolicies?: ThrottlingPolicy[];
  readonly denyRules?: DenyRule[];
  readonly keyManagers?: KeyManager[];
}

/** PetStore, one application with a production (`key-1`) and a sandbox key (`key-2`), subscribed. */
export function entitiesOf(given: Entities = {}): CatalogEntities {
  const entities = new CatalogEntities();
  entities.apply({
    content: {
      $case: 'snapshot',
      snapshot: {
        revision: 1,
        apis: [anApi()],
        applications: [anApplication()],
        consumerKeys: [aConsumerKey(), aConsumerKey({ consumerKey: 'key-2', keyType: KeyType.KEY_TYPE_SANDBOX })],
        subscriptions: [aSubscription()],
        signingKeys: [],
        throttlingPolicies: [],
        denyRules: [],
        keyManagers: [],
        ...given,
      },
    },
  });
  return entities;
}

export function catalogOf(given: Entities = {}): CompiledCatalog {
  return compileCatalog(entitiesOf(given));
}

/** Applies one change under the next revision; answers what `apply` does. */
export function change(entities: CatalogEntities, content: CatalogChange['change']): boolean {
  return entities.apply({
    content: { $case: 'change', change: { revision: entities.revision + 1, change: content } },
  });
}
