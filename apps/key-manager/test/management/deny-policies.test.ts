import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const denied = '/api/am/admin/v4/throttling/deny-policies';
const one = (id: string) => `/api/am/admin/v4/throttling/deny-policy/${id}`;

describe('deny policies', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('boss', 'admin', 'Internal/creator', 'Internal/subscriber');
    await call('POST', '/api/am/publisher/v4/apis', { name: 'Pets', context: '/pets', version: '1.0.0' });
    const templated = { name: 'Birds', context: '/v/{version}/birds', version: '2' };
    await call('POST', '/api/am/publisher/v4/apis', templated);
    const application = { name: 'My: App', throttlingPolicy: 'Unlimited' };
    await call('POST', '/api/am/devportal/v3/applications', application);
  });
  afterAll(() => world.stop());
  const call = (method: string, path: string, body?: unknown) => world.call(method, path, { token, body });
  const deny = (conditionType: string, conditionValue: unknown, more = {}) =>
    call('POST', denied, { conditionType, conditionValue, ...more });

  it.each<[string, unknown, unknown]>([
    ['API', '/pets/1.0.0', '/pets/1.0.0'],
    ['API', '/v/2/birds', '/v/2/birds'],
    ['APPLICATION', 'boss:My: App', 'boss:My: App'],
    ['IP', { fixedIp: '10.1.2.3' }, { fixedIp: '10.1.2.3', invert: false }],
    ['IP', { fixedIp: '2001:db8::1', invert: true }, { fixedIp: '2001:db8::1', invert: true }],
    [
      'IPRANGE',
      { startingIp: '10.0.0.1', endingIp: '10.0.0.9', invert: true },
      { startingIp: '10.0.0.1', endingIp: '10.0.0.9', invert: true },
    ],
    ['USER', 'BOSS', 'boss@carbon.super'],
    ['USER', 'nobody@carbon.super', 'nobody@carbon.super'],
  ])('%s %j is made, switched off and on, and deleted', async (conditionType, value, conditionValue) => {
    const made = await deny(conditionType, value);
    expect(made).toMatchObject({ status: 201, body: { conditionType, conditionValue, conditionStatus: true } });
    const { conditionId } = made.body;
    expect(made.headers.location).toBe(one(conditionId));
    expect((await deny(conditionType, value)).status).toBe(409);
    expect((await call('GET', one(conditionId))).body).toEqual(made.body);
    expect((await call('GET', denied)).body.list).toContainEqual(made.body);
    const off = await call('PATCH', one(conditionId), { conditionStatus: false });
    expect(off).toMatchObject({ status: 200, body: { ...made.body, conditionStatus: false } });
    expect((await call('PATCH', one(conditionId), {})).status).toBe(400);
    expect((await call('DELETE', one(conditionId))).status).toBe(200);
    for (const method of ['GET', 'DELETE']) expect((await call(method, one(conditionId))).status).toBe(404);
  });

  it.each<[string, unknown, string]>([
    ['IP', { fixedIp: '10.1.2' }, '10.1.2 is an invalid ip address format'],
    ['IP', { fixedIp: 'fe80::1%eth0' }, 'fe80::1%eth0 is an invalid ip address format'],
    [
      'IPRANGE',
      { startingIp: '10.0.0.1', endingIp: 'x' },
      'Condition type: IPRANGE. x is an invalid ip address format',
    ],
    ['IPRANGE', { startingIp: '10.0.0.9', endingIp: '10.0.0.1' }, 'Condition type: IPRANGE'],
    ['APPLICATION', 'boss:Nothing', "Couldn't Save Block Condition Due to Invalid Application name"],
    ['APPLICATION', 'nobody', "Couldn't Save Block Condition Due to Invalid Application name"],
    ['API', '/pets/2.0.0', "Couldn't Save Block Condition Due to Invalid API Context"],
    ['API', 'pets', "Couldn't Save Block Condition Due to Invalid API Context"],
    ['API', '/'.repeat(500), "Couldn't Save Block Condition Due to Invalid API Context"],
  ])('%s %j is 500: it could name nobody', async (type, value, description) => {
    const answer = await deny(type, value);
    expect(answer).toMatchObject({
      status: 500,
      body: { code: 500, description: expect.stringContaining(description) },
    });
  });

  it('of no known type are 400', async () => {
    for (const [type, value] of [
      ['EVERYBODY', 'x'],
      ['USER', ''],
      ['IP', '10.0.0.1'],
      ['USER', { fixedIp: '10.0.0.1' }],
    ] as const) {
      expect((await deny(type, value)).status).toBe(400);
    }
  });

  it('are searched by type and by a part of the value, or all of it in quotation marks', async () => {
    await deny('USER', 'ann', { conditionStatus: false });
    await deny('USER', 'annabel');
    await deny('IP', { fixedIp: '10.9.9.9' });
    const search = async (query: string) => {
      const answer = await call('GET', `${denied}?query=${encodeURIComponent(query)}`);
      return (answer.body.list as Json[]).map(({ conditionValue }) => conditionValue.fixedIp ?? conditionValue);
    };
    expect(await search('conditionType:USER&conditionValue:ann')).toEqual(['ann@carbon.super', 'annabel@carbon.super']);
    expect(await search('conditionType:USER&conditionValue:"ann@carbon.super"')).toEqual(['ann@carbon.super']);
    expect(await search('conditionType:USER&conditionValue:"ann"')).toEqual([]);
    expect(await search('conditionType:IP')).toEqual(['10.9.9.9']);
    expect(await search('conditionValue:9.9')).toEqual(['10.9.9.9']);
    expect(await search('conditionType:API')).toEqual([]);
  });

  it('of one tenant are nothing to another', async () => {
    const foreigner = await world.logIn('boss@tenant1.com', 'admin');
    const { conditionId } = (await deny('USER', 'mine')).body;
    const theirs = (method: string, path: string, body?: unknown) =>
      world.call(method, path, { token: foreigner, body });
    expect((await theirs('GET', denied)).body.count).toBe(0);
    expect((await theirs('GET', one(conditionId))).status).toBe(404);
    expect((await theirs('PATCH', one(conditionId), { conditionStatus: false })).status).toBe(404);
    expect((await theirs('DELETE', one(conditionId))).status).toBe(404);
    const same = await theirs('POST', denied, { conditionType: 'USER', conditionValue: 'mine' });
    expect(same).toMatchObject({ status: 201, body: { conditionValue: 'mine@tenant1.com' } });
    const foreignApi = await theirs('POST', denied, { conditionType: 'API', conditionValue: '/pets/1.0.0' });
    expect(foreignApi.status).toBe(500);
  });
});
