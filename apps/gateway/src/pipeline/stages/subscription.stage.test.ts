import { describe, expect, it } from 'vitest';
import { anApi, anApplication, aSubscription, catalogOf, type Entities } from '../../apis/test/catalog.js';
import { aRoutedExchange, faultOf, settings, someFacts } from '../test/exchange.js';
import { subscription } from './subscription.stage.js';

function run(entities: Entities = {}, clientId = 'key-1') {
  const exchange = aRoutedExchange({}, catalogOf(entities));
  exchange.authenticated(someFacts({ clientId }));
  subscription({ settings }).run(exchange);
  return exchange;
}

describe('a subscription', () => {
  it('adds application, subscription and key type to what is known', () => {
    const exchange = run();
    expect([exchange.application?.id, exchange.subscription?.throttlingTier, exchange.keyType]).toEqual([
      'app-1',
      'Gold',
      'PRODUCTION',
    ]);
    expect(run({}, 'key-2').keyType).toBe('SANDBOX');
  });

  it.each([
    ['UNBLOCKED', 'key-1', undefined],
    ['TIER_UPDATE_PENDING', 'key-1', undefined],
    ['BLOCKED', 'key-1', 'subscriptionBlocked'],
    ['BLOCKED', 'key-2', 'subscriptionBlocked'],
    ['PROD_ONLY_BLOCKED', 'key-1', 'subscriptionBlocked'],
    ['PROD_ONLY_BLOCKED', 'key-2', undefined],
    ['ON_HOLD', 'key-1', 'subscriptionInactive'],
    ['REJECTED', 'key-1', 'subscriptionInactive'],
    ['', 'key-1', 'subscriptionInactive'],
    ['SOMETHING_NEW', 'key-1', 'subscriptionInactive'],
  ])('%s with %s: %s', (status, clientId, fault) => {
    const given = { subscriptions: [aSubscription({ status })] };
    if (fault === undefined) expect(run(given, clientId).subscription?.status).toBe(status);
    else expect(faultOf(() => run(given, clientId)).fault).toBe(fault);
  });

  it.each<[string, Entities, string]>([
    ['of another API only', { subscriptions: [aSubscription({ apiId: 'api-9' })] }, 'key-1'],
    ['of another application only', { subscriptions: [aSubscription({ applicationId: 'app-9' })] }, 'key-1'],
    ['of an unknown consumer key', {}, 'key-9'],
    ['none at all', { subscriptions: [] }, 'key-1'],
    ['of an application that is gone', { applications: [] }, 'key-1'],
  ])('%s: 900908', (_, entities, clientId) => {
    expect(faultOf(() => run(entities, clientId)).fault).toBe('notSubscribed');
  });

  it.each(['CREATED', 'REJECTED', 'INACTIVE', ''])('of an application that is %j: 900901', (status) => {
    expect(faultOf(() => run({ applications: [anApplication({ status })] })).fault).toBe('invalidCredentials');
  });

  it('is not needed for an API without subscriptions', () => {
    const apis = [anApi({ subscriptionRequired: false })];
    expect(run({ apis, subscriptions: [] }).application?.id).toBe('app-1');
    expect(run({ apis }, 'key-9').keyType).toBe('PRODUCTION');
    expect(faultOf(() => run({ apis, applications: [anApplication({ status: 'INACTIVE' })] })).fault).toBe(
      'invalidCredentials',
    );
  });
});
