import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perMinute } from './support/policy-fixture.js';
import { type Json, startWorld, type World } from './support/world.js';

const admin = '/api/am/admin/v4';
const publisher = '/api/am/publisher/v4';
const devportal = '/api/am/devportal/v3';

let world: World;
let boss: string;
let maker: string;
let buyer: string;
beforeAll(async () => {
  world = await startWorld();
  await world.storage.users.createRole('carbon.super', 'gold');
  boss = await world.logIn('boss', 'admin');
  maker = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
  buyer = await world.logIn('buyer', 'Internal/subscriber');
});
afterAll(() => world.stop());

const call = (token: string | undefined, method: string, path: string, body?: unknown) =>
  world.call(method, path, { token, body });
const configure = (config: Json) => call(boss, 'PUT', `${admin}/tenant-config`, config);

describe('tiers on offer', () => {
  it('are those of subscriptions to the publisher, streams apart', async () => {
    const { body } = await call(maker, 'GET', `${publisher}/throttling-policies/subscription?limit=100`);
    const byName = new Map((body.list as Json[]).map((tier) => [tier.name, tier]));
    expect([...byName.keys()].sort()[0]).toBe('AIBronze');
    expect(byName.has('AsyncGold')).toBe(false);
    expect(byName.get('Gold')).toMatchObject({
      ...{ displayName: 'Gold', description: 'Allows 5000 requests per minute', policyLevel: 'subscription' },
      ...{ requestCount: 5000, unitTime: 1, timeUnit: 'min', tierPlan: 'FREE', stopOnQuotaReach: true },
    });
    expect(byName.get('DefaultSubscriptionless')).toMatchObject({
      description: 'Allows 10000 requests per minute when subscription validation is disabled',
    });
  });

  it.each([
    ['AsyncBronze', 'Allows 5000 events per day', 5000, 0],
    ['AsyncUnlimited', 'Allows unlimited events', 2147483647, 0],
    ['AsyncWHBronze', 'Allows 1000 events per month and 500 active subscriptions', 1000, 100],
    ['AsyncWHGold', 'Allows 10000 events per month and 1000 active subscriptions', 10000, 1000],
  ])('of streams have a list of their own: %s', async (policyName, description, eventCount, subscriberCount) => {
    const { body } = await call(maker, 'GET', `${publisher}/throttling-policies/streaming/subscription`);
    expect(body.count).toBe(9);
    expect(body.list).toContainEqual(
      expect.objectContaining({
        ...{ policyName, displayName: policyName, description, subscriberCount },
        defaultLimit: { type: 'EVENTCOUNTLIMIT', eventCount: expect.objectContaining({ eventCount }) },
      }),
    );
  });

  it("can be listed by publishers in the administrators' own form", async () => {
    expect((await call(maker, 'GET', `${admin}/throttling/policies/application`)).body.count).toBe(4);
    expect((await call(maker, 'GET', `${admin}/throttling/policies/custom`)).status).toBe(401);
    expect((await call(buyer, 'GET', `${admin}/throttling/policies/application`)).status).toBe(401);
  });
});

describe('the default tier', () => {
  const defaults = async () => (await call(maker, 'GET', `${publisher}/settings`)).body;
  const tierOfOperation = async (name: string) => {
    const made = await call(maker, 'POST', `${publisher}/apis`, { name, context: `/${name}`, version: '1' });
    return made.body.operations[0].throttlingPolicy;
  };

  it('is what the tenant configured, at once, if there is such a tier, else Unlimited', async () => {
    expect(await defaults()).toMatchObject({
      ...{ defaultAdvancePolicy: 'Unlimited', defaultSubscriptionPolicy: 'Unlimited' },
    });
    const config = {
      ...{ DefaultAPILevelTier: '20KPerMin', DefaultSubscriptionLevelTier: 'Silver' },
      ...{ DefaultApplicationLevelTier: '20PerMin', Unknown: { kept: [1, null] } },
    };
    const put = await configure(config);
    expect(put).toMatchObject({ status: 200, text: JSON.stringify(config) });
    expect((await call(boss, 'GET', `${admin}/tenant-config`)).text).toBe(JSON.stringify(config));
    expect(await defaults()).toMatchObject({
      ...{ defaultAdvancePolicy: '20KPerMin', defaultSubscriptionPolicy: 'Silver' },
    });
    expect(await tierOfOperation('Configured')).toBe('20KPerMin');
    const newcomer = await world.logIn('newcomer', 'Internal/subscriber');
    const applications = await call(newcomer, 'GET', `${devportal}/applications`);
    expect(applications.body.list).toMatchObject([{ name: 'DefaultApplication', throttlingPolicy: '20PerMin' }]);

    await configure({ DefaultAPILevelTier: 'Nothing', DefaultSubscriptionLevelTier: null });
    expect(await defaults()).toMatchObject({
      ...{ defaultAdvancePolicy: 'Unlimited', defaultSubscriptionPolicy: 'Unlimited' },
    });
    await configure({});
  });

  it('is no business of another tenant', async () => {
    const foreigner = await world.logIn('boss@tenant1.com', 'admin', 'Internal/creator');
    await configure({ DefaultAPILevelTier: '50KPerMin' });
    expect((await call(foreigner, 'GET', `${admin}/tenant-config`)).text).toBe('{}');
    const settings = await call(foreigner, 'GET', `${publisher}/settings`);
    expect(settings.body.defaultAdvancePolicy).toBe('Unlimited');
    await configure({});
  });

  it.each([[[]], ['text'], [null], [{ DefaultAPILevelTier: 5 }], [{ DefaultAPILevelTier: 'x'.repeat(61) }]])(
    'cannot be configured by %j',
    async (config) => {
      expect((await configure(config)).status).toBe(400);
    },
  );

  it('is the first by name where the tier Unlimited is switched off', async () => {
    const strict = await startWorld(undefined, { throttling: { unlimitedTier: false } });
    const token = await strict.logIn('boss', 'admin', 'Internal/creator', 'Internal/subscriber');
    const { body } = await strict.call('GET', `${publisher}/settings`, { token });
    expect(body).toMatchObject({ defaultAdvancePolicy: '10KPerMin', defaultSubscriptionPolicy: 'AIBronze' });
    const applications = await strict.call('GET', `${devportal}/applications`, { token });
    expect(applications.body.list).toMatchObject([{ throttlingPolicy: '10PerMin' }]);
    const unlimited = { name: 'App', throttlingPolicy: 'Unlimited' };
    const refused = await strict.call('POST', `${devportal}/applications`, { token, body: unlimited });
    expect(refused).toMatchObject({ status: 400, body: { code: 900305 } });
    const shown = await strict.call('GET', `${admin}/throttling/policies/search?limit=100`, { token });
    expect((shown.body.list as Json[]).some(({ policyName }) => policyName === 'Unlimited')).toBe(false);
    await strict.stop();
  });
});

describe('a subscription', () => {
  let apiId: string;
  let applicationId: string;
  const restricted = async (policyName: string, permissionType: string) => {
    const body = { policyName, defaultLimit: perMinute(3), permissions: { permissionType, roles: ['gold'] } };
    return (await call(boss, 'POST', `${admin}/throttling/policies/subscription`, body)).body;
  };
  const subscribe = (token: string, application: string, throttlingPolicy: string) =>
    call(token, 'POST', `${devportal}/subscriptions`, { applicationId: application, apiId, throttlingPolicy });
  const own = async (token: string) =>
    (await call(token, 'GET', `${devportal}/applications`)).body.list[0].applicationId;
  const plan = (subscriptionId: string, businessPlan: string, token = boss) =>
    call(
      token,
      'POST',
      `${publisher}/subscriptions/change-business-plan?${new URLSearchParams({ subscriptionId, businessPlan })}`,
    );

  beforeAll(async () => {
    await restricted('GoldOnly', 'ALLOW');
    await restricted('NotForGold', 'DENY');
    const policies = ['Silver', 'GoldOnly', 'NotForGold', 'AsyncDefaultSubscriptionless'];
    const made = await call(maker, 'POST', `${publisher}/apis`, {
      name: 'Sold',
      context: '/sold',
      version: '1',
      policies,
    });
    apiId = made.body.id;
    await call(maker, 'POST', `${publisher}/apis/change-lifecycle?apiId=${apiId}&action=Publish`);
    applicationId = await own(buyer);
  });

  it('is 403 at a tier that the roles of the user may not have', async () => {
    expect((await subscribe(buyer, applicationId, 'GoldOnly')).status).toBe(403);
    const rich = await world.logIn('rich', 'Internal/subscriber', 'gold');
    const theirs = await own(rich);
    expect((await subscribe(rich, theirs, 'NotForGold')).status).toBe(403);
    const made = await subscribe(rich, theirs, 'GoldOnly');
    expect(made.status).toBe(201);
    const change = { ...made.body, throttlingPolicy: 'NotForGold' };
    const path = `${devportal}/subscriptions/${made.body.subscriptionId}`;
    expect((await call(rich, 'PUT', path, change)).status).toBe(403);
    const seen = async (token: string | undefined) => {
      const tiers = await call(token, 'GET', `${devportal}/throttling-policies/subscription?limit=100`);
      return (tiers.body.list as Json[]).map(({ name }) => name).filter((name) => /Gold(Only)?$/.test(name));
    };
    expect(await seen(rich)).toEqual(expect.arrayContaining(['Gold', 'GoldOnly']));
    expect(await seen(rich)).not.toContain('NotForGold');
    expect(await seen(buyer)).toContain('NotForGold');
    expect(await seen(undefined)).not.toContain('GoldOnly');
  });

  it('is moved to another plan by the publisher, within what the subscriber may have', async () => {
    const { subscriptionId } = (await subscribe(buyer, applicationId, 'Silver')).body;
    expect(await plan(subscriptionId, 'NotForGold')).toMatchObject({
      status: 200,
      body: { subscriptionId, throttlingPolicy: 'NotForGold' },
    });
    expect((await plan(subscriptionId, 'GoldOnly')).status).toBe(403);
    for (const wrong of ['', ' ', 'Nothing', 'Gold', 'AsyncDefaultSubscriptionless']) {
      expect((await plan(subscriptionId, wrong)).status).toBe(400);
    }
    expect((await plan('', 'Silver')).status).toBe(400);
    expect((await plan('00000000-0000-4000-8000-000000000000', 'Silver')).status).toBe(404);
    expect((await plan(subscriptionId, 'Silver', buyer)).status).toBe(401);
    const read = await call(buyer, 'GET', `${devportal}/subscriptions/${subscriptionId}`);
    expect(read.body).toMatchObject({ throttlingPolicy: 'NotForGold', requestedThrottlingPolicy: 'NotForGold' });
    const tier = await world.storage.policies.findPolicy('carbon.super', 'subscription', 'NotForGold');
    const deleted = await call(boss, 'DELETE', `${admin}/throttling/policies/subscription/${tier?.id}`);
    expect(deleted).toMatchObject({ status: 403, body: { message: 'Throttling Policy is in use' } });
  });

  it('loses a tier that was deleted, in silence, when its API is changed', async () => {
    const { policyId } = await restricted('Gone', 'DENY');
    const path = `${publisher}/apis/${apiId}`;
    const { body } = await call(boss, 'GET', path);
    await call(boss, 'PUT', path, { ...body, policies: ['Silver', 'NotForGold', 'GoldOnly', 'Gone'] });
    expect((await call(boss, 'DELETE', `${admin}/throttling/policies/subscription/${policyId}`)).status).toBe(200);
    const stranger = await world.logIn('stranger', 'Internal/subscriber');
    expect((await subscribe(stranger, await own(stranger), 'Gone')).body.code).toBe(900305);
    const changed = await call(boss, 'PUT', path, { description: 'changed' });
    expect(changed).toMatchObject({ status: 200, body: { policies: ['Silver', 'NotForGold', 'GoldOnly'] } });
  });
});

describe('counters of an application', () => {
  it('begin anew for one user, and gateways hear of it', async () => {
    const applications = await call(buyer, 'GET', `${devportal}/applications`);
    const { applicationId } = applications.body.list[0];
    const path = `${devportal}/applications/${applicationId}/reset-throttle-policy`;
    const revision = await world.storage.catalogFeed.revision();
    expect((await call(buyer, 'POST', path, { userName: 'BUYER' })).status).toBe(200);
    expect((await call(buyer, 'POST', path, { userName: 'somebody@carbon.super' })).status).toBe(200);
    expect(await world.storage.catalogFeed.eventsSince(revision, 10)).toMatchObject([
      { entity: 'throttle_reset', id: `${applicationId}\nbuyer@carbon.super` },
      { entity: 'throttle_reset', id: `${applicationId}\nsomebody@carbon.super` },
    ]);
    for (const userName of ['', ' ', undefined])
      expect((await call(buyer, 'POST', path, { userName })).status).toBe(400);
    expect((await call(maker, 'POST', path, { userName: 'buyer' })).status).toBe(401);
    expect((await call(boss, 'POST', path, { userName: 'buyer' })).status).toBe(403);
    const another = await world.logIn('other', 'Internal/subscriber');
    expect((await call(another, 'POST', path, { userName: 'buyer' })).status).toBe(403);
  });

  it('have a tier that cannot be deleted under them', async () => {
    const { policyId } = (
      await call(boss, 'POST', `${admin}/throttling/policies/application`, {
        ...{ policyName: 'Used', defaultLimit: perMinute(1) },
      })
    ).body;
    const application = { name: 'Limited', throttlingPolicy: 'Used' };
    const made = await call(buyer, 'POST', `${devportal}/applications`, application);
    const path = `${admin}/throttling/policies/application/${policyId}`;
    expect((await call(boss, 'DELETE', path)).status).toBe(403);
    await call(buyer, 'DELETE', `${devportal}/applications/${made.body.applicationId}`);
    expect((await call(boss, 'DELETE', path)).status).toBe(200);
    expect((await call(buyer, 'POST', `${devportal}/applications`, application)).body.code).toBe(900305);
  });
});

describe('hard limits of an API', () => {
  const put = async (maxTps: unknown) => {
    const name = `Tps${Math.random().toString(36).slice(2)}`;
    return call(maker, 'POST', `${publisher}/apis`, { name, context: `/${name}`, version: '1', maxTps });
  };
  it('come back as they were sent, and are numbers per unit of time', async () => {
    const maxTps = { production: 100, productionTimeUnit: 'MINUTE', sandbox: 7, sandboxTimeUnit: 'HOUR', kept: true };
    expect((await put(maxTps)).body.maxTps).toEqual(maxTps);
    for (const wrong of [{ production: -1 }, { sandbox: 'many' }, { productionTimeUnit: 'DAY' }]) {
      expect((await put(wrong)).status).toBe(400);
    }
  });
});
