import { EventEmitter } from 'node:events';
import { AuthType } from '@keygate/proto/keymanager/v1/catalog';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anApi, anApplication, aResource, aSubscription, change } from '../apis/test/catalog.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { addRateLimitHeaders } from '../pipeline/stages/throttle.stage.js';
import { faultOf } from '../pipeline/test/exchange.js';
import { aPolicy, bytes, events, minute, requests, ThrottledGateway } from './test/throttled.js';

const plenty = aPolicy('subscription Gold');
const none = {
  throttlingTier: '',
  productionRequests: 0,
  sandboxRequests: 0,
  windowMillis: 0,
  sandboxWindowMillis: 0,
  subscriptionTiers: [],
};
const anyone = { fail: () => undefined };

describe('limits of a call', () => {
  it('lets an application’s user call as often as its tier says, and then again in the next window', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: '3PerMin' })],
      throttlingPolicies: [plenty, aPolicy('application 3PerMin', { defaultLimit: requests(3) })],
    });
    expect(await gateway.passing(5)).toBe(3);
    expect(await gateway.outcome()).toBe('applicationThrottled');
    expect(await gateway.passing(5, { token: { user: 'other@carbon.super' } })).toBe(3);
    gateway.now += minute;
    expect(await gateway.passing(5)).toBe(3);
    expect(Object.fromEntries(gateway.counts.byLevel)).toEqual({ application: 7 });
  });

  it('counts an application that calls for itself as its owner', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: '3PerMin' })],
      throttlingPolicies: [plenty, aPolicy('application 3PerMin', { defaultLimit: requests(3) })],
    });
    expect(await gateway.passing(2, { token: { user: '', kind: 'APPLICATION' } })).toBe(2);
    expect(await gateway.passing(2, { token: { user: 'demo@carbon.super' } })).toBe(1);
  });

  it('limits a subscription by its quota', async () => {
    const gateway = new ThrottledGateway({
      throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: requests(2) })],
    });
    expect(await gateway.passing(2)).toBe(2);
    expect(await gateway.outcome({ token: { user: 'other@carbon.super' } })).toBe('subscriptionThrottled');
  });

  it('only counts over a quota that does not stop', async () => {
    const gateway = new ThrottledGateway({
      throttlingPolicies: [
        aPolicy('subscription Gold', { defaultLimit: requests(2), stopOnQuotaReach: false, burst: requests(4, 1_000) }),
      ],
    });
    expect(await gateway.passing(4)).toBe(4);
    expect(await gateway.outcome()).toBe('burstThrottled');
    gateway.now += 1_000;
    expect(await gateway.outcome()).toBe('passed');
  });

  it('limits an API as a whole, and its resources only where it does not', async () => {
    const policies = [
      plenty,
      aPolicy('advanced Whole', { defaultLimit: requests(2) }),
      aPolicy('advanced Part', { defaultLimit: requests(1) }),
    ];
    const resources = [aResource('GET /pets', { throttlingTier: 'Part' }), aResource('POST /pets')];
    const whole = anApi({ resources, limits: { ...none, throttlingTier: 'Whole' } });
    const gateway = new ThrottledGateway({ apis: [whole], throttlingPolicies: policies });
    expect(await gateway.passing(2)).toBe(2);
    expect(await gateway.outcome({ method: 'POST' })).toBe('apiThrottled');

    const each = new ThrottledGateway({ apis: [anApi({ resources })], throttlingPolicies: policies });
    expect(await each.passing(3)).toBe(1);
    expect(await each.outcome()).toBe('resourceThrottled');
    expect(await each.passing(3, { method: 'POST' })).toBe(3);
  });

  it('has hard limits for what each kind of backend takes', async () => {
    const endpoint = { urls: ['http://backend.test'], timeoutMillis: 0, trustedCertificates: [] };
    const limits = { ...none, productionRequests: 1, sandboxRequests: 2, windowMillis: 1_000 };
    const gateway = new ThrottledGateway({
      apis: [anApi({ sandboxEndpoint: endpoint, limits })],
      throttlingPolicies: [plenty],
    });
    expect(await gateway.passing(3)).toBe(1);
    expect(await gateway.outcome()).toBe('hardLimitReached');
    expect(await gateway.passing(3, { token: { clientId: 'key-2', keyType: 'SANDBOX' } })).toBe(2);
  });

  it('limits calls to an open resource by API and resource only', async () => {
    const open = aResource('GET /pets', { authType: AuthType.AUTH_TYPE_NONE, throttlingTier: 'Part' });
    const gateway = new ThrottledGateway({
      apis: [anApi({ resources: [open] })],
      throttlingPolicies: [aPolicy('advanced Part', { defaultLimit: requests(2) })],
    });
    expect(await gateway.passing(4, { token: null })).toBe(2);
  });

  it('gives callers without a subscription the tier that the API offers them, each for himself', async () => {
    const limits = { ...none, subscriptionTiers: ['Gold', 'DefaultSubscriptionless'] };
    const gateway = new ThrottledGateway({
      apis: [anApi({ subscriptionRequired: false, limits })],
      subscriptions: [],
      throttlingPolicies: [plenty, aPolicy('subscription DefaultSubscriptionless', { defaultLimit: requests(2) })],
    });
    expect(await gateway.passing(3)).toBe(2);
    expect(await gateway.outcome()).toBe('subscriptionThrottled');
    const user = { token: { kind: 'USER', clientId: '', applicationId: '', user: 'ann@carbon.super' } } as const;
    expect(await gateway.passing(3, user)).toBe(2);
  });

  it('is strict where a tier is not known, and says so once', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: 'Gone' })],
      throttlingPolicies: [plenty],
    });
    expect(await gateway.passing(20)).toBe(10);
    expect(gateway.warnings).toHaveLength(1);
    expect(gateway.warnings[0]).toContain('"tier":"Gone"');
  });

  it('uses up nothing with a call it refuses', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: 'A' })],
      throttlingPolicies: [
        aPolicy('subscription Gold', { defaultLimit: requests(3) }),
        aPolicy('application A', { defaultLimit: requests(1) }),
      ],
    });
    expect(await gateway.passing(10)).toBe(1);
    expect(await gateway.passing(10, { token: { user: 'b@carbon.super' } })).toBe(1);
    expect(await gateway.passing(10, { token: { user: 'c@carbon.super' } })).toBe(1);
    expect(await gateway.outcome({ token: { user: 'd@carbon.super' } })).toBe('subscriptionThrottled');
  });
});

describe('changes of the catalogue', () => {
  it('count at once: another tier, another policy of the same tier', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: 'A' })],
      throttlingPolicies: [
        plenty,
        aPolicy('application A', { defaultLimit: requests(1) }),
        aPolicy('application B', { defaultLimit: requests(3) }),
      ],
    });
    expect(await gateway.passing(5)).toBe(1);
    change(gateway.entities, { $case: 'application', application: anApplication({ throttlingTier: 'B' }) });
    expect(await gateway.passing(5)).toBe(2);
    const throttlingPolicy = aPolicy('application B', { defaultLimit: requests(5) });
    change(gateway.entities, { $case: 'throttlingPolicy', throttlingPolicy });
    expect(await gateway.passing(5)).toBe(2);
    change(gateway.entities, { $case: 'application', application: anApplication({ throttlingTier: 'Unlimited' }) });
    expect(await gateway.passing(5)).toBe(5);
  });

  it('reset the counters of one user or of all', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: 'A' })],
      throttlingPolicies: [plenty, aPolicy('application A', { defaultLimit: requests(1) })],
    });
    const other = { token: { user: 'other@carbon.super' } };
    await gateway.passing(3);
    await gateway.passing(3, other);
    await gateway.resets.reset({ applicationId: 'app-1', user: 'demo@carbon.super' }, 5);
    expect(await gateway.passing(3)).toBe(1);
    expect(await gateway.passing(3, other)).toBe(0);
    await gateway.resets.reset({ applicationId: 'app-1', user: '' }, 6);
    expect(await gateway.passing(3, other)).toBe(1);
  });

  it('keep what a subscription has used', async () => {
    const gateway = new ThrottledGateway({
      throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: requests(3) })],
    });
    expect(await gateway.passing(2)).toBe(2);
    change(gateway.entities, { $case: 'subscription', subscription: aSubscription({ status: 'TIER_UPDATE_PENDING' }) });
    expect(await gateway.passing(5)).toBe(1);
  });
});

describe('a quota of bytes', () => {
  const policies = [aPolicy('subscription Gold', { defaultLimit: bytes(1_000) })];
  const sending = (length: number) => ({ headers: ['Content-Length', String(length)], method: 'POST' });

  it('refuses a payload that does not fit before it is read', async () => {
    const gateway = new ThrottledGateway({ throttlingPolicies: policies });
    expect(await gateway.outcome(sending(600))).toBe('passed');
    expect(await gateway.outcome(sending(600))).toBe('subscriptionThrottled');
    expect(await gateway.outcome(sending(400))).toBe('passed');
    expect(await gateway.outcome()).toBe('subscriptionThrottled');
  });

  it('counts a payload of unknown length as it comes, and ends the call with the piece that is too much', async () => {
    const gateway = new ThrottledGateway({ throttlingPolicies: policies });
    const exchange = gateway.call({ headers: ['Transfer-Encoding', 'chunked'], method: 'POST' });
    const request = Object.assign(new EventEmitter(), { httpVersionMajor: 1, rawHeaders: exchange.rawHeaders });
    Object.defineProperty(exchange, 'request', { value: request });
    expect(await gateway.outcome(exchange)).toBe('passed');
    request.emit('data', Buffer.alloc(700));
    expect(gateway.failures).toEqual([]);
    request.emit('data', Buffer.alloc(700));
    expect(gateway.failures).toHaveLength(1);
    expect((gateway.failures[0] as GatewayError).fault).toBe('subscriptionThrottled');
    expect(request.listenerCount('data')).toBe(0);
    expect(await gateway.outcome(sending(301))).toBe('subscriptionThrottled');
  });
});

describe('events of a stream', () => {
  it('count against the plan until it is used up, and calls need room in it', async () => {
    const gateway = new ThrottledGateway({
      throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: events(2) })],
    });
    const exchange = gateway.call();
    expect(await gateway.outcome(exchange)).toBe('passed');
    expect([1, 2, 3].map(() => gateway.gate.countEvent(exchange, 10))).toEqual([true, true, false]);
    expect(await gateway.outcome()).toBe('subscriptionThrottled');
    gateway.now += minute;
    expect(gateway.gate.countEvent(exchange, 10)).toBe(true);
  });
});

describe('what a client is told', () => {
  const policies = [aPolicy('subscription Gold', { defaultLimit: requests(2), burst: requests(5, 1_000) })];

  it('is the tightest limit on calls that pass', async () => {
    const gateway = new ThrottledGateway({ throttlingPolicies: policies });
    const exchange = gateway.call();
    await gateway.outcome(exchange);
    const headers = ['ratelimit-limit', '7', 'Server', 'x'];
    addRateLimitHeaders(exchange, headers);
    expect(headers.slice(0, 6)).toEqual(['Server', 'x', 'RateLimit-Limit', '2', 'RateLimit-Remaining', '1']);
    expect(headers[6]).toBe('RateLimit-Reset');
  });

  it('is nothing where nothing is limited, or where it is not wanted', async () => {
    const unlimited = new ThrottledGateway({ throttlingPolicies: [plenty] });
    const silent = new ThrottledGateway({ throttlingPolicies: policies }, { tellsLimits: false });
    for (const gateway of [unlimited, silent]) {
      const exchange = gateway.call();
      await gateway.outcome(exchange);
      const headers: string[] = [];
      addRateLimitHeaders(exchange, headers);
      expect(headers).toEqual([]);
    }
  });

  it('is when to come back', () => {
    const gateway = new ThrottledGateway({ throttlingPolicies: policies }, {}, Date.UTC(2026, 10, 23, 10, 15, 1));
    const admit = () => gateway.gate.admit(gateway.call(), anyone);
    admit();
    admit();
    const { headers, more, description } = faultOf(admit);
    expect(headers).toEqual(['Retry-After', '59']);
    expect(more).toEqual({ nextAccessTime: '2026-Nov-23 10:16:00+0000 UTC' });
    expect(description).toBe('You have exceeded your quota. You can access API after 2026-Nov-23 10:16:00+0000 UTC');
  });
});

describe('a window', () => {
  it('never lets more through than its limit, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.array(fc.nat(20_000), { maxLength: 120 }), (limit, pauses) => {
        const gateway = new ThrottledGateway({
          throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: requests(limit) })],
        });
        const exchange = gateway.call();
        const passed = new Map<number, number>();
        for (const pause of pauses) {
          gateway.now += pause;
          const window = Math.floor(gateway.now / minute);
          try {
            gateway.gate.admit(exchange, anyone);
          } catch (error) {
            if (!(error instanceof GatewayError)) throw error;
            // Refused only when the window is used up.
            if ((passed.get(window) ?? 0) !== limit) return false;
            continue;
          }
          passed.set(window, (passed.get(window) ?? 0) + 1);
        }
        return [...passed.values()].every((count) => count <= limit);
      }),
      { numRuns: 60 },
    );
  });

  it('never lets more bytes through than its quota', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 60 }), (lengths) => {
        const gateway = new ThrottledGateway({
          throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: bytes(1_000) })],
        });
        let sent = 0;
        for (const length of lengths) {
          const exchange = gateway.call({ method: 'POST', headers: ['Content-Length', String(length)] });
          try {
            gateway.gate.admit(exchange, anyone);
            sent += length;
          } catch (error) {
            if (!(error instanceof GatewayError)) throw error;
          }
        }
        return sent <= 1_000;
      }),
      { numRuns: 40 },
    );
  });

  it('does not stand still when the clock was set back', async () => {
    const gateway = new ThrottledGateway({
      throttlingPolicies: [aPolicy('subscription Gold', { defaultLimit: requests(1) })],
    });
    expect(await gateway.passing(2)).toBe(1);
    gateway.now -= 24 * 60 * minute;
    expect(await gateway.passing(2)).toBe(1);
  });
});

describe('counters', () => {
  it('are let go when their window is over, and not before', async () => {
    const gateway = new ThrottledGateway({
      applications: [anApplication({ throttlingTier: 'A' })],
      throttlingPolicies: [plenty, aPolicy('application A', { defaultLimit: requests(1) })],
    });
    for (let i = 0; i < 50; i++) await gateway.outcome({ token: { user: `u${i}@carbon.super` } });
    expect(gateway.counters.size).toBe(50);
    gateway.counters.sweep(gateway.now, 1_000);
    expect(gateway.counters.size).toBe(50);
    expect(await gateway.outcome({ token: { user: 'u7@carbon.super' } })).toBe('applicationThrottled');
    gateway.now += minute;
    for (let i = 0; i < 20; i++) gateway.counters.sweep(gateway.now, 10);
    expect(gateway.counters.size).toBe(0);
    expect(await gateway.passing(2, { token: { user: 'u7@carbon.super' } })).toBe(1);
  });

  it('are shared by those who come when there are too many', async () => {
    const gateway = new ThrottledGateway(
      {
        applications: [anApplication({ throttlingTier: 'A' })],
        throttlingPolicies: [plenty, aPolicy('application A', { defaultLimit: requests(2) })],
      },
      { maxCounters: 10 },
    );
    const outcomes = [];
    for (let i = 0; i < 30; i++) outcomes.push(await gateway.outcome({ token: { user: `u${i}@carbon.super` } }));
    expect(outcomes.filter((outcome) => outcome === 'passed')).toHaveLength(12);
    expect(gateway.counters.size).toBe(11);
    expect(gateway.counters.overflows).toBe(20);
  });
});
