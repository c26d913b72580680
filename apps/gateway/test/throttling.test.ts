import { request as httpRequest } from 'node:http';
import { type RunningRedis, startRedis, waitUntil } from '@keygate/common/testing';
import { type ApiLimits, AuthType, LimitUnit, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { aPolicy, bytes, requests } from '../src/throttling/test/throttled.js';
import { demoApi } from './support/demo-catalog.js';
import { metric, send, startTestBed, type TestBed, type TestBedOptions } from './support/test-gateway.js';

const hour = 3_600_000;
const one = requests(1, hour);

let bed: TestBed | undefined;
let redis: RunningRedis | undefined;
afterEach(async () => {
  await bed?.stop();
  await redis?.stop();
  bed = undefined;
  redis = undefined;
});

interface Limited {
  readonly options?: TestBedOptions;
  readonly policies?: ReturnType<typeof aPolicy>[];
  readonly applicationTier?: string;
  readonly plan?: string;
  readonly limits?: Partial<ApiLimits>;
  readonly resourceTier?: string;
}

/** PetStore under the limits given; without any it has none. */
async function limited(given: Limited): Promise<TestBed> {
  const started = await startTestBed(given.options);
  bed = started;
  const { keyManager } = started;
  const { applications, apis } = keyManager.snapshot;
  for (const throttlingPolicy of given.policies ?? [])
    keyManager.change({ $case: 'throttlingPolicy', throttlingPolicy });
  const [application] = applications;
  if (application === undefined) throw new Error('the demo has an application');
  const throttlingTier = given.applicationTier ?? 'Unlimited';
  const slowed = { ...application, throttlingTier };
  const ids = { id: 'sub-1', applicationId: 'app-1', apiId: 'api-1' };
  const subscription = { ...ids, throttlingTier: given.plan ?? 'Unlimited', status: 'UNBLOCKED' };
  keyManager.change({ $case: 'application', application: slowed });
  keyManager.change({ $case: 'subscription', subscription });
  const resource: Resource = {
    verb: 'POST',
    target: '/pets',
    authType: AuthType.AUTH_TYPE_ANY,
    scopes: [],
    throttlingTier: given.resourceTier ?? 'Unlimited',
  };
  const limits: ApiLimits = {
    throttlingTier: '',
    productionRequests: 0,
    sandboxRequests: 0,
    windowMillis: 0,
    sandboxWindowMillis: 0,
    subscriptionTiers: [],
    ...given.limits,
  };
  const backend = apis[0]?.productionEndpoint?.urls[0] ?? '';
  const api = demoApi(backend, { resources: [resource], limits });
  keyManager.change({ $case: 'api', api });
  const { revision } = keyManager.snapshot;
  // For a gateway that starts again.
  const all = { apis: [api], applications: [slowed], subscriptions: [subscription] };
  keyManager.snapshot = { ...keyManager.snapshot, ...all, throttlingPolicies: given.policies ?? [] };
  await waitUntil(async () => (await metric(started, 'catalog_revision')) === revision, { what: 'the catalogue' });
  keyManager.grant('t');
  return started;
}

const call = (to: TestBed, headers: Record<string, string> = {}, body = '') =>
  to.call('t', '/petstore/1.0.0/pets', { method: 'POST', headers, body });

const rule = `
  FROM RequestStream SELECT (apiContext == '/petstore/1.0.0') AS isEligible, userId AS throttleKey
  INSERT INTO EligibilityStream;
  FROM EligibilityStream[isEligible==true]#throttler:timeBatch(1 hour)
  SELECT throttleKey, (count(userId) >= 1) as isThrottled, expiryTimeStamp group by throttleKey
  INSERT ALL EVENTS into ResultStream;`;

describe('a call over a limit', () => {
  it.each<[string, Limited]>([
    ['900800', { limits: { throttlingTier: 'One' }, policies: [aPolicy('advanced One', { defaultLimit: one })] }],
    ['900801', { limits: { productionRequests: 1, windowMillis: hour } }],
    ['900802', { resourceTier: 'One', policies: [aPolicy('advanced One', { defaultLimit: one })] }],
    ['900803', { applicationTier: 'One', policies: [aPolicy('application One', { defaultLimit: one })] }],
    ['900804', { plan: 'One', policies: [aPolicy('subscription One', { defaultLimit: one })] }],
    ['900806', { policies: [aPolicy('custom One', { siddhiQuery: rule, keyTemplate: '$userId' })] }],
    ['900807', { plan: 'One', policies: [aPolicy('subscription One', { burst: one })] }],
  ])('is answered 429 with %s', async (code, given) => {
    const started = await limited(given);
    const first = await call(started);
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
    const second = await call(started);
    expect(second.status).toBe(429);
    const body = JSON.parse(second.body) as Record<string, string>;
    expect(body).toEqual({
      code,
      message: 'Message throttled out',
      description: `You have exceeded your quota. You can access API after ${body.nextAccessTime}`,
      nextAccessTime: expect.stringMatching(/^\d{4}-[A-Z][a-z]{2}-\d\d \d\d:00:00\+0000 UTC$/),
    });
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(0);
    expect(second.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
    expect(started.backendRequests).toHaveLength(1);
    const { body: metrics } = await send(`${started.urls.operations}/metrics`);
    expect(metrics).toMatch(/keygate_gateway_throttled_total\{.*level="\w+".*\} 1/);
    expect(metrics).not.toContain('demo@carbon.super');
  });

  it('is told so in XML when that is what is read', async () => {
    const started = await limited({ plan: 'One', policies: [aPolicy('subscription One', { defaultLimit: one })] });
    await call(started);
    const { body, status } = await call(started, { accept: 'application/xml' });
    expect(status).toBe(429);
    expect(body).toMatch(/<am:nextAccessTime>\d{4}-.* UTC<\/am:nextAccessTime><\/am:fault>$/);
  });

  it('does not say what is left on calls that pass when that is turned off', async () => {
    const started = await limited({
      options: { gateway: { throttling: { headers: false } } },
      plan: 'One',
      policies: [aPolicy('subscription One', { defaultLimit: one })],
    });
    expect(Object.keys((await call(started)).headers).join()).not.toContain('ratelimit');
  });

  it('with a payload of unknown length is answered when the quota is used up, and the backend never gets all', async () => {
    const quota = { ...bytes(100_000), windowMillis: hour };
    const started = await limited({ plan: 'Kb', policies: [aPolicy('subscription Kb', { defaultLimit: quota })] });
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const request = httpRequest(
        `${started.urls.http}/petstore/1.0.0/pets`,
        { method: 'POST', headers: { authorization: 'Bearer t' }, agent: false },
        (response) => {
          let body = '';
          response.on('data', (piece: Buffer) => {
            body += piece.toString();
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        },
      );
      request.on('error', reject);
      for (let i = 0; i < 3; i++) request.write(Buffer.alloc(50_000));
    });
    expect(answer.status).toBe(429);
    expect(JSON.parse(answer.body)).toMatchObject({ code: '900804' });
    expect((await call(started, {}, 'x'.repeat(60_000))).status).toBe(429);
  });
});

describe('who a gateway takes a caller for', () => {
  it('is whom a trusted proxy names, for conditions, deny policies and the backend', async () => {
    const started = await limited({ options: { gateway: { trustedProxies: ['127.0.0.0/8', '::1'] } } });
    started.keyManager.change({
      $case: 'denyRule',
      denyRule: {
        id: 'rule-1',
        tenantDomain: 'carbon.super',
        enabled: true,
        subject: { $case: 'addresses', addresses: { range: { first: '192.0.2.7', last: '192.0.2.7' }, invert: false } },
      },
    });
    await waitUntil(async () => (await call(started, { 'x-forwarded-for': '192.0.2.7' })).status === 403);
    const { body } = await call(started, { 'x-forwarded-for': '192.0.2.7' });
    expect(JSON.parse(body)).toMatchObject({ code: '900805', message: 'Message blocked' });
    expect((await call(started, { 'x-forwarded-for': '192.0.2.7, 192.0.2.8' })).status).toBe(200);
    started.keyManager.change({ $case: 'denyRuleDeleted', denyRuleDeleted: 'rule-1' });
    await waitUntil(async () => (await call(started, { 'x-forwarded-for': '192.0.2.7' })).status === 200);
  });

  it('is told to the key manager with a token request, by whose address logins are slowed down', async () => {
    const from = { 'x-forwarded-for': '192.0.2.7' };
    const started = await limited({ options: { gateway: { trustedProxies: ['127.0.0.1'] } } });
    await started.token('grant_type=client_credentials', from);
    expect(started.keyManager.issued[0]?.request.request?.clientAddress).toBe('192.0.2.7');
  });

  it('is who is connected when no proxy is trusted', async () => {
    const started = await limited({});
    await started.token('grant_type=client_credentials', { 'x-forwarded-for': '192.0.2.7' });
    expect(started.keyManager.issued[0]?.request.request?.clientAddress).toBe('127.0.0.1');
    started.keyManager.change({
      $case: 'denyRule',
      denyRule: {
        id: 'rule-1',
        tenantDomain: 'carbon.super',
        enabled: true,
        subject: { $case: 'addresses', addresses: { range: { first: '127.0.0.1', last: '127.0.0.1' }, invert: false } },
      },
    });
    await waitUntil(async () => (await call(started, { 'x-forwarded-for': '192.0.2.7' })).status === 403);
  });
});

describe('counts of a gateway', () => {
  it('start again when the key manager says so', async () => {
    const started = await limited({
      applicationTier: 'One',
      policies: [aPolicy('application One', { defaultLimit: one })],
    });
    expect([(await call(started)).status, (await call(started)).status]).toEqual([200, 429]);
    const throttleReset = { applicationId: 'app-1', user: 'demo@carbon.super' };
    started.keyManager.change({ $case: 'throttleReset', throttleReset });
    await waitUntil(async () => (await call(started)).status === 200, { what: 'the reset' });
    expect((await call(started)).status).toBe(429);
  });

  it('outlive a restart with Redis, and are its own while Redis is away, which it says', async () => {
    redis = await startRedis();
    const started = await limited({
      options: { redisUrl: redis.url, gateway: { throttling: { mode: 'strict' } } },
      plan: 'Two',
      policies: [
        aPolicy('subscription Two', { defaultLimit: { ...requests(2, hour), unit: LimitUnit.LIMIT_UNIT_REQUESTS } }),
      ],
    });
    await waitUntil(async () => (await metric(started, 'throttle_shared')) === 1, { what: 'sharing' });
    expect((await call(started)).status).toBe(200);
    await started.restart();
    await waitUntil(async () => (await metric(started, 'throttle_shared')) === 1, { what: 'sharing' });
    await waitUntil(async () => (await metric(started, 'catalog_revision')) > 0, { what: 'the catalogue' });
    expect([(await call(started)).status, (await call(started)).status]).toEqual([200, 429]);
    await redis.kill();
    await waitUntil(async () => (await metric(started, 'throttle_shared')) === 0, { what: 'being alone' });
    const { body, status } = await send(`${started.urls.operations}/readyz`);
    expect(status).toBe(200);
    expect(body).toContain('degraded: redis is away: this gateway counts for itself');
    expect((await call(started)).status).toBe(429);
  });
});
