import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { foreignConsumer } from '../../apis/foreign-key-managers.js';
import { aConsumerKey, anApi, anApplication, aResource, catalogOf, type Entities } from '../../apis/test/catalog.js';
import { GatewayError } from '../gateway-errors.js';
import type { InternalKeySource, PipelineSettings, TokenFacts, TokenKind } from '../ports.js';
import { authorize } from '../stages/authorize.stage.js';
import { route } from '../stages/route.stage.js';
import { subscription } from '../stages/subscription.stage.js';
import { anExchange, aRoutedExchange, settings, someFacts } from '../test/exchange.js';

function outcomeOf(action: () => unknown): string {
  try {
    return String(action() ?? 'passes');
  } catch (error) {
    if (error instanceof GatewayError) return error.fault;
    throw error;
  }
}

function authorized(facts: Partial<TokenFacts>, api: Parameters<typeof anApi>[0]) {
  const exchange = aRoutedExchange({}, catalogOf({ apis: [anApi(api)] }));
  exchange.authenticated(someFacts(facts));
  return outcomeOf(() => authorize().run(exchange));
}

describe('kinds of credentials by resource', () => {
  const kinds: TokenKind[] = ['APPLICATION', 'APPLICATION_USER', 'API_KEY', 'USER', 'INTERNAL', 'CERTIFICATE'];
  it.each([
    [AuthType.AUTH_TYPE_ANY, kinds],
    [AuthType.AUTH_TYPE_APPLICATION, ['APPLICATION', 'API_KEY', 'INTERNAL', 'CERTIFICATE']],
    [AuthType.AUTH_TYPE_APPLICATION_USER, ['APPLICATION_USER', 'USER', 'INTERNAL']],
  ])('auth type %s takes %j', (authType, taken) => {
    const resources = [aResource('GET /pets', { authType })];
    expect(kinds.filter((kind) => authorized({ kind }, { resources }) === 'passes')).toEqual(taken);
  });

  it('scopes are asked of all but the publisher', () => {
    const resources = [aResource('GET /pets', { scopes: ['admin'] })];
    expect(kinds.map((kind) => authorized({ kind }, { resources }))).toEqual([
      ...['scopeMissing', 'scopeMissing', 'scopeMissing', 'scopeMissing', 'passes', 'scopeMissing'],
    ]);
    expect(authorized({ kind: 'USER', scopes: ['admin'] }, { resources })).toBe('passes');
  });
});

describe('audiences', () => {
  const security = (audiences: string[]) => ({
    security: { schemes: ['oauth2'], apiKeyHeader: '', audiences, keyManagers: [], clientCertificates: [] },
  });
  it.each([
    [['shop'], {}, 'audienceMissing'],
    [['shop'], { audience: ['other', 'shop'] }, 'passes'],
    [['shop'], { audience: [] }, 'audienceMissing'],
    [['key-1'], {}, 'passes'],
    [['all'], {}, 'passes'],
    [[], { audience: ['other'] }, 'passes'],
    [['shop'], { kind: 'API_KEY' as const }, 'passes'],
  ])('%j with %j: %s', (audiences, facts, answer) => {
    expect(authorized(facts, security(audiences))).toBe(answer);
  });
});

function subscribed(facts: Partial<TokenFacts>, entities: Entities = {}, given: Partial<PipelineSettings> = {}) {
  const exchange = aRoutedExchange({}, catalogOf(entities));
  exchange.authenticated(someFacts(facts));
  return outcomeOf(() => {
    subscription({ settings: { ...settings, ...given } }).run(exchange);
    return exchange.application?.id;
  });
}

describe('subscriptions', () => {
  const foreign = { keyManager: 'Idp', claims: {}, consumer: foreignConsumer('carbon.super', 'Idp', 'key-1') };
  const mapped = aConsumerKey({ consumerKey: 'key-1', keyManager: 'Idp', id: 'mapping-1' });

  it.each<[string, Partial<TokenFacts>, Entities, string]>([
    ['API key', { kind: 'API_KEY', clientId: '' }, {}, 'app-1'],
    [
      'API key of an unsubscribed application',
      { kind: 'API_KEY', clientId: '' },
      { subscriptions: [] },
      'notSubscribed',
    ],
    ['API key of no application', { kind: 'API_KEY', clientId: '', applicationId: 'x' }, {}, 'notSubscribed'],
    [
      'API key of an application that is switched off',
      { kind: 'API_KEY', clientId: '' },
      { applications: [anApplication({ status: 'INACTIVE' })] },
      'invalidCredentials',
    ],
    ['password', { kind: 'USER', clientId: '' }, { subscriptions: [] }, 'passes'],
    ['certificate', { kind: 'CERTIFICATE', clientId: '' }, { subscriptions: [] }, 'passes'],
    ['internal key', { kind: 'INTERNAL', clientId: '' }, { subscriptions: [] }, 'passes'],
    ['foreign token, mapped', { foreign }, { consumerKeys: [mapped] }, 'app-1'],
    ['foreign token with the consumer key of ours', { foreign }, {}, 'notSubscribed'],
    [
      'foreign token mapped in another tenant',
      { foreign },
      { consumerKeys: [mapped], applications: [anApplication({ tenantDomain: 'other.com' })] },
      'notSubscribed',
    ],
    ['token of ours with a foreign consumer key', {}, { consumerKeys: [mapped] }, 'notSubscribed'],
    [
      'foreign token, unmapped, where none is needed',
      { foreign },
      { apis: [anApi({ subscriptionRequired: false })] },
      'passes',
    ],
  ])('%s: %s', (_, facts, entities, answer) => {
    expect(subscribed(facts, entities)).toBe(answer);
  });

  it.each([
    ['key-1', 'SANDBOX', 'productionKeyRefused'],
    ['key-2', 'SANDBOX', 'app-1'],
    ['key-2', 'PRODUCTION', 'sandboxKeyRefused'],
    ['key-1', 'PRODUCTION', 'app-1'],
  ] as const)('%s in an environment of the kind %s: %s', (clientId, onlyKeyType, answer) => {
    expect(subscribed({ clientId }, {}, { onlyKeyType })).toBe(answer);
  });

  it('an API key has its kind from itself', () => {
    const facts = { kind: 'API_KEY', clientId: '', keyType: 'SANDBOX' } as const;
    expect(subscribed(facts, {}, { onlyKeyType: 'PRODUCTION' })).toBe('sandboxKeyRefused');
  });
});

describe('APIs that are not published, or blocked', () => {
  const internalKeys: InternalKeySource = {
    judge: (key) =>
      key === 'bad' ? { state: 'invalid' } : { state: 'active', apiId: key, facts: someFacts({ kind: 'INTERNAL' }) },
  };
  const at = (lifecycleStatus: string, headers: readonly string[]) => {
    const catalog = catalogOf({ apis: [anApi({ lifecycleStatus })] });
    const stage = route({ catalog: { current: () => catalog }, settings, internalKeys });
    return outcomeOf(() => stage.run(anExchange({ target: '/petstore/1.0.0/health', headers })));
  };

  it.each([
    ['CREATED', ['Internal-Key', 'api-1'], 'passes'],
    ['CREATED', ['Internal-Key', 'api-2'], 'otherApisKey'],
    ['CREATED', ['Internal-Key', 'bad'], 'unknownContext'],
    ['CREATED', ['Internal-Key', 'api-1', 'Internal-Key', 'api-1'], 'unknownContext'],
    ['CREATED', [], 'unknownContext'],
    ['BLOCKED', ['Internal-Key', 'api-1'], 'passes'],
    ['BLOCKED', [], 'apiBlocked'],
    ['PUBLISHED', ['Internal-Key', 'bad'], 'passes'],
  ])('%s with %j: %s', (lifecycle, headers, answer) => {
    expect(at(lifecycle, headers)).toBe(answer);
  });
});
