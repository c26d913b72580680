import { AuthType, LimitUnit, ThrottlingLevel } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType, TokenKind, TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { appOf, hashOf, limitedApp, scope, special, userOf } from './world.mjs';

const tenantDomain = 'carbon.super';
const tiers = { application: 'BenchApplication', subscription: 'BenchSubscription', resource: 'BenchResource' };
const limitedTier = 'BenchOneADay';

/** What a key manager of this world tells its gateways: three limits for each call, none of which is ever reached. */
export function catalogOf(world, backendUrl) {
  const { apis, apps } = world;
  return {
    revision: 1,
    apis: [openApi(backendUrl), ...numbers(apis).map((number) => apiOf(number, backendUrl))],
    applications: [...numbers(apps).map((number) => application(appId(number), tiers.application)), limited()],
    consumerKeys: [...numbers(apps).map(appId), limitedApp].map((id) => ({
      consumerKey: clientOf(id),
      applicationId: id,
      keyType: KeyType.KEY_TYPE_PRODUCTION,
    })),
    subscriptions: [
      ...numbers(apis).map((number) => subscription(appId(number % apps), number)),
      subscription(limitedApp, 0),
    ],
    throttlingPolicies: [
      policy(ThrottlingLevel.THROTTLING_LEVEL_APPLICATION, tiers.application),
      policy(ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION, tiers.subscription),
      policy(ThrottlingLevel.THROTTLING_LEVEL_ADVANCED, tiers.resource),
      policy(ThrottlingLevel.THROTTLING_LEVEL_APPLICATION, limitedTier, 1, 86_400_000),
    ],
    denyRules: [],
    keyManagers: [],
    signingKeys: [],
  };
}

const numbers = (count) => Array.from({ length: count }, (_, number) => number);
const appId = (number) => `app-${number}`;
const clientOf = (id) => `client-of-${id}`;
const limited = () => application(limitedApp, limitedTier);

function apiOf(number, backendUrl) {
  return {
    id: `api-${number}`,
    name: `Api${number}`,
    version: '1.0.0',
    provider: 'admin@carbon.super',
    tenantDomain,
    effectiveContext: `/api-${number}/1.0.0`,
    lifecycleStatus: 'PUBLISHED',
    transports: ['http', 'https'],
    resources: [
      resource('GET', '/items', AuthType.AUTH_TYPE_ANY, [scope]),
      resource('GET', '/items/{id}', AuthType.AUTH_TYPE_ANY, [scope]),
      resource('POST', '/items', AuthType.AUTH_TYPE_ANY, ['items:write']),
    ],
    productionEndpoint: { urls: [backendUrl], timeoutMillis: 0 },
    cors: { enabled: false, allowOrigins: [], allowCredentials: false, allowHeaders: [], allowMethods: [] },
    authorizationHeader: '',
    subscriptionRequired: true,
    revisionId: 'revision-1',
  };
}

/** Neither token nor limit: what is left is our bare proxy. */
const openApi = (backendUrl) => ({
  ...apiOf(0, backendUrl),
  id: 'open',
  name: 'Open',
  effectiveContext: '/open/1.0.0',
  subscriptionRequired: false,
  resources: [{ ...resource('GET', '/items/{id}', AuthType.AUTH_TYPE_NONE, []), throttlingTier: 'Unlimited' }],
});

const resource = (verb, target, authType, scopes) => ({
  verb,
  target,
  authType,
  scopes,
  throttlingTier: tiers.resource,
});

const application = (id, throttlingTier) => ({
  id,
  name: id,
  owner: 'admin@carbon.super',
  tenantDomain,
  throttlingTier,
  status: 'APPROVED',
  attributes: {},
});

const subscription = (applicationId, api) => ({
  id: `${applicationId} ${api}`,
  applicationId,
  apiId: `api-${api}`,
  throttlingTier: tiers.subscription,
  status: 'UNBLOCKED',
});

const policy = (level, name, amount = 1_000_000_000, windowMillis = 60_000) => ({
  id: `${level} ${name}`,
  tenantDomain,
  level,
  name,
  defaultLimit: { unit: LimitUnit.LIMIT_UNIT_REQUESTS, amount, windowMillis },
  stopOnQuotaReach: true,
  conditionalGroups: [],
  siddhiQuery: '',
  keyTemplate: '',
});

const hexOf = (token) => hashOf(token).toString('hex');
const unknown = hexOf(special.unknown);
const unscoped = hexOf(special.unscoped);
const limitedHash = hexOf(special.limited);

/** Every token is good but the special ones. */
export function verdictOf(hash, world, now = Date.now()) {
  const hex = hash.toString('hex');
  if (hex === unknown) return { state: TokenState.TOKEN_STATE_UNKNOWN, revocationSeq: 1 };
  const id = hex === limitedHash ? limitedApp : appId(appOf(hash, world));
  return {
    state: TokenState.TOKEN_STATE_ACTIVE,
    revocationSeq: 1,
    facts: {
      clientId: clientOf(id),
      applicationId: id,
      keyType: KeyType.KEY_TYPE_PRODUCTION,
      user: userOf(hash, world),
      tenantDomain,
      scopes: hex === unscoped ? ['default'] : ['default', scope],
      issuedAt: now - 1_000,
      expiresAt: now + 7_200_000,
      tokenKind: TokenKind.TOKEN_KIND_APPLICATION_USER,
      grantId: uuidOf(hex),
      audience: [],
    },
  };
}

const uuidOf = (hex) =>
  `${hex.slice(8, 16)}-${hex.slice(16, 20)}-7${hex.slice(21, 24)}-8${hex.slice(25, 28)}-${hex.slice(28, 40)}`;
