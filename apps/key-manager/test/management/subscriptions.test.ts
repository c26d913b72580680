import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';
const devportal = '/api/am/devportal/v3';

describe('subscriptions', () => {
  let world: World;
  let maker: string;
  let token: string;
  let applicationId: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    maker = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
    token = await world.logIn('alice', 'Internal/subscriber');
    const { body } = await world.call('GET', `${devportal}/applications`, { token });
    applicationId = body.list[0].applicationId;
  });
  afterAll(() => world.stop());

  async function publish(more: Json = {}): Promise<string> {
    nth++;
    const body = { name: `sub${nth}`, context: `/sub${nth}`, version: '1', policies: ['Gold', 'Silver'], ...more };
    const { id } = (await world.call('POST', `${publisher}/apis`, { token: maker, body })).body;
    await act(id, 'Publish');
    return id;
  }
  const act = (id: string, action: string) =>
    world.call('POST', `${publisher}/apis/change-lifecycle?apiId=${id}&action=${encodeURIComponent(action)}`, {
      token: maker,
    });
  const subscribe = (apiId: string, throttlingPolicy = 'Gold') =>
    world.call('POST', `${devportal}/subscriptions`, { token, body: { applicationId, apiId, throttlingPolicy } });

  it('are made, read, changed, listed and deleted', async () => {
    const apiId = await publish();
    const made = await subscribe(apiId);
    expect(made).toMatchObject({
      status: 201,
      body: {
        applicationId,
        apiId,
        apiInfo: { id: apiId, name: `sub${nth}`, version: '1', context: `/sub${nth}` },
        applicationInfo: { applicationId, name: 'DefaultApplication' },
        throttlingPolicy: 'Gold',
        requestedThrottlingPolicy: 'Gold',
        status: 'UNBLOCKED',
      },
    });
    const path = `${devportal}/subscriptions/${made.body.subscriptionId}`;
    expect((await world.call('GET', path, { token })).body).toEqual(made.body);
    const put = await world.call('PUT', path, { token, body: { ...made.body, throttlingPolicy: 'Silver' } });
    expect(put).toMatchObject({ status: 200, body: { throttlingPolicy: 'Silver' } });
    for (const by of [`apiId=${apiId}`, `apiId=${apiId}&applicationId=${applicationId}`]) {
      const list = await world.call('GET', `${devportal}/subscriptions?${by}`, { token });
      expect(list.body).toMatchObject({ count: 1, list: [put.body] });
    }
    expect(await world.call('DELETE', path, { token })).toMatchObject({ status: 200 });
    expect(await world.call('GET', path, { token })).toMatchObject({ status: 404 });
  });

  it('are refused a second time, for a plan that is not offered, and for what cannot be seen', async () => {
    const apiId = await publish();
    await subscribe(apiId);
    expect(await subscribe(apiId)).toMatchObject({ status: 409 });
    expect(await subscribe(await publish(), 'Bronze')).toMatchObject({ status: 400, body: { code: 900305 } });
    const hidden = await publish({ visibility: 'RESTRICTED', visibleRoles: ['vault'] });
    expect(await subscribe(hidden)).toMatchObject({ status: 404 });
    expect(await subscribe('nonsense')).toMatchObject({ status: 404, body: { code: 900308 } });
    const created = await publish();
    await act(created, 'Demote to Created');
    expect(await subscribe(created)).toMatchObject({ status: 403 });
  });

  it('of other people are not in the list of an API', async () => {
    const apiId = await publish();
    await subscribe(apiId);
    const other = await world.logIn('other', 'Internal/subscriber');
    const list = await world.call('GET', `${devportal}/subscriptions?apiId=${apiId}`, { token: other });
    expect(list).toMatchObject({ status: 200, body: { count: 0, list: [] } });
    expect(await world.call('GET', `${devportal}/subscriptions`, { token: other })).toMatchObject({ status: 400 });
  });

  it('stay in the list when the API is hidden afterwards', async () => {
    const apiId = await publish();
    await subscribe(apiId);
    await world.call('PUT', `${publisher}/apis/${apiId}`, {
      token: maker,
      body: { visibility: 'RESTRICTED', visibleRoles: ['vault'] },
    });
    const list = await world.call('GET', `${devportal}/subscriptions?apiId=${apiId}`, { token });
    expect(list).toMatchObject({ status: 200, body: { count: 1 } });
  });

  it('are blocked and let go on by the publisher', async () => {
    const apiId = await publish();
    const { subscriptionId } = (await subscribe(apiId)).body;
    const list = await world.call('GET', `${publisher}/subscriptions?apiId=${apiId}`, { token: maker });
    expect(list.body).toMatchObject({
      count: 1,
      list: [{ subscriptionId, subscriptionStatus: 'UNBLOCKED', applicationInfo: { subscriber: 'alice' } }],
    });
    for (const [call, status] of [
      [`block-subscription?subscriptionId=${subscriptionId}&blockState=BLOCKED`, 'BLOCKED'],
      [`block-subscription?subscriptionId=${subscriptionId}&blockState=PROD_ONLY_BLOCKED`, 'PROD_ONLY_BLOCKED'],
      [`unblock-subscription?subscriptionId=${subscriptionId}`, 'UNBLOCKED'],
    ]) {
      const answer = await world.call('POST', `${publisher}/subscriptions/${call}`, { token: maker });
      expect(answer).toMatchObject({ status: 200 });
      const read = await world.call('GET', `${devportal}/subscriptions/${subscriptionId}`, { token });
      expect(read.body.status).toBe(status);
    }
    const unknown = `block-subscription?subscriptionId=${subscriptionId}&blockState=ON_HOLD`;
    expect((await world.call('POST', `${publisher}/subscriptions/${unknown}`, { token: maker })).status).toBe(400);
    const blocked = `block-subscription?subscriptionId=${subscriptionId}&blockState=BLOCKED`;
    expect((await world.call('POST', `${publisher}/subscriptions/${blocked}`, { token })).status).toBe(401);
  });

  it('keep an API from being deleted', async () => {
    const apiId = await publish();
    const { subscriptionId } = (await subscribe(apiId)).body;
    const remove = () => world.call('DELETE', `${publisher}/apis/${apiId}`, { token: maker });
    expect(await remove()).toMatchObject({ status: 409 });
    await world.call('DELETE', `${devportal}/subscriptions/${subscriptionId}`, { token });
    expect(await remove()).toMatchObject({ status: 200 });
  });
});

describe('APIs in the developer portal', () => {
  let world: World;
  let maker: string;
  beforeAll(async () => {
    world = await startWorld();
    maker = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
  });
  afterAll(() => world.stop());

  async function publish(name: string, more: Json = {}): Promise<string> {
    const body = { name, context: `/${name}`, version: '1', policies: ['Gold'], ...more };
    const { id } = (await world.call('POST', `${publisher}/apis`, { token: maker, body })).body;
    await world.call('POST', `${publisher}/apis/change-lifecycle?apiId=${id}&action=Publish`, { token: maker });
    return id;
  }

  it('are seen by everybody, unless restricted to roles', async () => {
    await world.storage.users.createRole('carbon.super', 'vault');
    const open = await publish('open');
    const closed = await publish('closed', { visibility: 'RESTRICTED', visibleRoles: ['vault'] });
    await world.call('POST', `${publisher}/apis`, {
      token: maker,
      body: { name: 'new', context: '/new', version: '1' },
    });
    const member = await world.logIn('member', 'Internal/subscriber', 'vault');
    const stranger = await world.logIn('stranger', 'Internal/subscriber');
    const names = async (token?: string) => {
      const { body } = await world.call('GET', `${devportal}/apis`, { token });
      return body.list.map(({ name }: Json) => name);
    };
    expect(await names()).toEqual(['open']);
    expect(await names(stranger)).toEqual(['open']);
    expect(await names(member)).toEqual(['closed', 'open']);
    expect(await world.call('GET', `${devportal}/apis/${closed}`, { token: stranger })).toMatchObject({ status: 404 });
    expect(await world.call('GET', `${devportal}/apis/${closed}`, { token: member })).toMatchObject({ status: 200 });
    const elsewhere = { headers: { 'x-wso2-tenant': 'tenant1.com' } };
    expect(await world.call('GET', `${devportal}/apis/${open}`, elsewhere)).toMatchObject({ status: 404 });
  });

  it('are seen by users of the tenant alone when private', async () => {
    const id = await publish('private-one', { visibility: 'PRIVATE' });
    const user = await world.logIn('colleague', 'Internal/subscriber');
    const foreigner = await world.logIn('somebody@tenant2.com', 'Internal/subscriber');
    const headers = { 'x-wso2-tenant': 'carbon.super' };
    for (const [token, status] of [
      [undefined, 404],
      [foreigner, 404],
      [user, 200],
    ] as const) {
      expect(await world.call('GET', `${devportal}/apis/${id}`, { token, headers })).toMatchObject({ status });
      const list = await world.call('GET', `${devportal}/apis?query=private-one`, { token, headers });
      expect(list.body.count).toBe(status === 200 ? 1 : 0);
    }
  });

  it('answer 403 while created or when retired, and 401 for a bad token', async () => {
    const body = { name: 'young', context: '/young', version: '1' };
    const { id } = (await world.call('POST', `${publisher}/apis`, { token: maker, body })).body;
    expect(await world.call('GET', `${devportal}/apis/${id}`)).toMatchObject({ status: 403 });
    expect(await world.call('GET', `${devportal}/apis`, { token: 'f'.repeat(32) })).toMatchObject({ status: 401 });
  });

  it('have tiers', async () => {
    const names = async (path: string, token?: string) => {
      const { body } = await world.call('GET', path, { token });
      return body.list.map(({ name }: Json) => name).sort();
    };
    expect(await names(`${devportal}/throttling-policies/application`)).toEqual([
      '10PerMin',
      '20PerMin',
      '50PerMin',
      'Unlimited',
    ]);
    expect(await names(`${publisher}/throttling-policies/subscription`, maker)).toEqual([
      'AIBronze',
      'AIGold',
      'AISilver',
      'Bronze',
      'DefaultSubscriptionless',
      'Gold',
      'Silver',
      'Unlimited',
    ]);
    expect(await names(`${publisher}/throttling-policies/api`, maker)).toEqual([
      '10KPerMin',
      '20KPerMin',
      '50KPerMin',
      'Unlimited',
    ]);
    expect(await world.call('GET', `${devportal}/throttling-policies/constructor`)).toMatchObject({ status: 404 });
  });
});
