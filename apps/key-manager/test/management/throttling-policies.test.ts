import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perMinute } from './support/policy-fixture.js';
import { exported, multipart } from './support/policy-samples.js';
import { type Json, startWorld, type World } from './support/world.js';

const admin = '/api/am/admin/v4';
const policies = `${admin}/throttling/policies`;
const publisher = '/api/am/publisher/v4';

let world: World;
let token: string;
let foreigner: string;
beforeAll(async () => {
  world = await startWorld();
  token = await world.logIn('boss', 'admin');
  foreigner = await world.logIn('boss@tenant1.com', 'admin');
});
afterAll(() => world.stop());

const call = (method: string, path: string, body?: unknown, by = token) =>
  world.call(method, path, { token: by, body });
const count = { timeUnit: 'hours', unitTime: 2 };

describe('bodies come back as they were sent', () => {
  const limits: [string, unknown][] = [
    ['requests', { type: 'REQUESTCOUNTLIMIT', requestCount: { ...count, requestCount: 5 } }],
    ['bandwidth', { type: 'BANDWIDTHLIMIT', bandwidth: { ...count, dataAmount: 5, dataUnit: 'KB' } }],
    ['events', { type: 'EVENTCOUNTLIMIT', eventCount: { ...count, eventCount: 5 } }],
    ['AI', { type: 'AIAPIQUOTALIMIT', aiApiQuota: { ...count, requestCount: 5, totalTokenCount: 9 } }],
  ];
  it.each(limits)('a limit of %s', async (name, defaultLimit) => {
    const made = await call('POST', `${policies}/application`, { policyName: `by-${name}`, defaultLimit });
    expect(made).toMatchObject({ status: 201, body: { policyName: `by-${name}`, displayName: `by-${name}` } });
    expect(made.body).toMatchObject({ type: 'ApplicationThrottlePolicy', isDeployed: true, description: '' });
    expect(made.headers.location).toBe(`${policies}/application/${made.body.policyId}`);
    const read = await call('GET', `${policies}/application/${made.body.policyId}`);
    expect(read.body).toEqual(made.body);
    expect(read.body.defaultLimit).toEqual(defaultLimit);
  });

  it('a plan with all it can say', async () => {
    const plan = {
      ...{ policyName: 'Platinum', displayName: 'Platin', description: 'much', defaultLimit: perMinute(9_000) },
      ...{ rateLimitCount: 5, rateLimitTimeUnit: 'sec', stopOnQuotaReach: false, billingPlan: 'COMMERCIAL' },
      ...{ graphQLMaxComplexity: 400, graphQLMaxDepth: 10, subscriberCount: 7 },
      customAttributes: [{ name: 'a', value: '1' }],
      monetization: { monetizationPlan: 'FIXEDRATE', properties: { fixedPrice: '2' } },
      permissions: { permissionType: 'ALLOW', roles: ['gold'] },
    };
    const made = await call('POST', `${policies}/subscription`, {
      ...plan,
      type: 'SubscriptionThrottlePolicy',
      junk: 1,
    });
    expect(made.status).toBe(201);
    const { policyId, ...rest } = made.body;
    expect(rest).toEqual({ ...plan, type: 'SubscriptionThrottlePolicy', isDeployed: true });
    // What WSO2's clients send for "no burst control".
    const none = { ...plan, rateLimitCount: -1, rateLimitTimeUnit: 'NA', permissions: null };
    const changed = await call('PUT', `${policies}/subscription/${policyId}`, { ...none, policyName: 'ignored' });
    expect(changed).toMatchObject({ status: 200, body: { ...none, policyName: 'Platinum' } });
  });

  it('conditional groups and custom rules', async () => {
    const condition = (type: string, members: object) => ({ type, invertCondition: true, ...members });
    const conditions = [
      condition('IPCONDITION', { ipCondition: { ipConditionType: 'IPSPECIFIC', specificIP: '10.0.0.1' } }),
      condition('IPCONDITION', { ipCondition: { ipConditionType: 'IPRANGE', startingIP: '::1', endingIP: '::ff' } }),
      condition('HEADERCONDITION', { headerCondition: { headerName: 'X-A', headerValue: 'a.*' } }),
      condition('QUERYPARAMETERCONDITION', { queryParameterCondition: { parameterName: 'q', parameterValue: 'v' } }),
      condition('JWTCLAIMSCONDITION', { jwtClaimsCondition: { claimUrl: 'http://c', attribute: '[0-9]+' } }),
    ];
    const conditionalGroups = [{ description: 'some', conditions, limit: perMinute(1) }];
    const advanced = { policyName: 'Cond', defaultLimit: perMinute(2), conditionalGroups };
    const made = await call('POST', `${policies}/advanced`, advanced);
    expect(made).toMatchObject({ status: 201, body: { conditionalGroups } });

    const rule = { policyName: 'rule', siddhiQuery: 'FROM RequestStream', keyTemplate: '$apiContext' };
    const custom = await call('POST', `${policies}/custom`, rule);
    expect(custom).toMatchObject({ status: 201, body: { ...rule, type: 'CustomRule' } });
    expect((await call('GET', `${policies}/custom`)).body).toMatchObject({ count: 1, list: [rule] });
  });
});

describe('what cannot be', () => {
  const group = (...conditions: unknown[]) => ({
    policyName: 'x',
    defaultLimit: perMinute(1),
    conditionalGroups: [{ conditions, limit: perMinute(1) }],
  });
  const ip = (ipCondition: unknown) => group({ type: 'IPCONDITION', ipCondition });
  const header = (headerName: string, headerValue: string) =>
    group({ type: 'HEADERCONDITION', headerCondition: { headerName, headerValue } });
  const limited = (defaultLimit: unknown, more = {}) => ({ policyName: 'x', defaultLimit, ...more });
  const requests = (members: object) => limited({ type: 'REQUESTCOUNTLIMIT', requestCount: members });

  it.each<[string, string, unknown]>([
    ['no limit', 'application', { policyName: 'x' }],
    ['no name', 'application', { defaultLimit: perMinute(1) }],
    ['a blank name', 'application', { policyName: ' ', defaultLimit: perMinute(1) }],
    ['a name with a line feed', 'application', { policyName: 'a\nb', defaultLimit: perMinute(1) }],
    ['a limit without its member', 'application', limited({ type: 'BANDWIDTHLIMIT', requestCount: {} })],
    ['a limit of an unknown type', 'application', limited({ type: 'LIMIT' })],
    ['an unknown unit of time', 'application', requests({ timeUnit: 'moon', unitTime: 1, requestCount: 1 })],
    ['no time at all', 'application', requests({ timeUnit: 'min', unitTime: 0, requestCount: 1 })],
    ['half a request', 'application', requests({ timeUnit: 'min', unitTime: 1, requestCount: 0.5 })],
    ['nothing allowed', 'application', requests({ timeUnit: 'min', unitTime: 1, requestCount: 0 })],
    [
      'a unit of data that is none',
      'application',
      limited({ type: 'BANDWIDTHLIMIT', bandwidth: { timeUnit: 'min', unitTime: 1, dataAmount: 1, dataUnit: 'GB' } }),
    ],
    ['a burst without unit', 'subscription', limited(perMinute(1), { rateLimitCount: 5, rateLimitTimeUnit: 'NA' })],
    ['a plan that nobody bills', 'subscription', limited(perMinute(1), { billingPlan: 'GIFT' })],
    ['an address that is none', 'advanced', ip({ ipConditionType: 'IPSPECIFIC', specificIP: '10.0.0' })],
    ['a range backwards', 'advanced', ip({ ipConditionType: 'IPRANGE', startingIP: '10.0.0.9', endingIP: '10.0.0.1' })],
    [
      'a range of two families',
      'advanced',
      ip({ ipConditionType: 'IPRANGE', startingIP: '10.0.0.9', endingIP: '::1' }),
    ],
    ['a header that is none', 'advanced', header('a b', 'x')],
    ['a pattern that does not compile', 'advanced', header('a', '(')],
    ['a pattern without end in sight', 'advanced', header('a', '(?=x)\\1')],
    ['a pattern of a thousand patterns', 'advanced', header('a', '[a-z]{100}(b{2,200})?')],
    ['a group without condition', 'advanced', group()],
    ['a rule without query', 'custom', { policyName: 'x', keyTemplate: '$userId' }],
    ['a rule without key', 'custom', { policyName: 'x', siddhiQuery: 'q' }],
  ])('%s is 400', async (_, level, body) => {
    const answer = await call('POST', `${policies}/${level}`, body);
    expect([answer.status, answer.text]).toEqual([400, answer.text]);
  });

  it('a name that is taken is 409, an id that is not is 404', async () => {
    const taken = await call('POST', `${policies}/subscription`, { policyName: 'Gold', defaultLimit: perMinute(1) });
    expect(taken).toMatchObject({ status: 409, body: { code: 409 } });
    for (const id of ['nothing', '00000000-0000-4000-8000-000000000000']) {
      for (const method of ['GET', 'DELETE']) {
        expect((await call(method, `${policies}/advanced/${id}`)).status).toBe(404);
      }
    }
    const list = (await call('GET', `${policies}/application`)).body.list as Json[];
    const { policyId } = list[0];
    expect((await call('GET', `${policies}/advanced/${policyId}`)).status).toBe(404);
    expect((await call('DELETE', `${policies}/application/${policyId}`, undefined, foreigner)).status).toBe(404);
  });

  it('custom rules are 403 for every other tenant, whatever is asked of them', async () => {
    const rule = { policyName: 'theirs', siddhiQuery: 'q', keyTemplate: '$userId' };
    const id = '00000000-0000-4000-8000-000000000000';
    for (const [method, path, body] of [
      ['GET', '/custom', undefined],
      ['POST', '/custom', rule],
      ['GET', `/custom/${id}`, undefined],
      ['PUT', `/custom/${id}`, rule],
      ['DELETE', `/custom/${id}`, undefined],
      ['GET', '/export?type=global&name=rule', undefined],
    ] as const) {
      expect((await call(method, policies + path, body, foreigner)).status).toBe(403);
    }
    const file = exported(rule, 'custom rule');
    const imported = await world.call('POST', `${policies}/import`, { token: foreigner, ...multipart({}, file) });
    expect(imported.status).toBe(403);
  });
});

describe('deleting', () => {
  it('is 403 while an API or a resource is limited by the policy, 500 for the default of the tenant', async () => {
    const make = async (policyName: string): Promise<string> =>
      (await call('POST', `${policies}/advanced`, { policyName, defaultLimit: perMinute(9) })).body.policyId;
    const [whole, part, unsaid] = [await make('Whole'), await make('Part'), await make('Unsaid')];
    const maker = await world.logIn('maker', 'Internal/creator');
    const operations = [{ target: '/*', verb: 'GET', throttlingPolicy: 'Part' }];
    const api = await call(
      'POST',
      `${publisher}/apis`,
      { name: 'Limited', context: '/limited', version: '1', apiThrottlingPolicy: 'Whole', operations },
      maker,
    );
    expect(api.status).toBe(201);
    const another = await world.logIn('another', 'admin');
    for (const id of [whole, part]) {
      expect((await call('DELETE', `${policies}/advanced/${id}`, undefined, another)).status).toBe(403);
    }
    await call('PUT', `${admin}/tenant-config`, { DefaultAPILevelTier: 'Unsaid' });
    expect((await call('DELETE', `${policies}/advanced/${unsaid}`)).status).toBe(500);
    await call('PUT', `${admin}/tenant-config`, {});
    expect((await call('DELETE', `${policies}/advanced/${unsaid}`)).status).toBe(200);
    await call('DELETE', `${publisher}/apis/${api.body.id}`);
    for (const id of [whole, part]) {
      expect((await call('DELETE', `${policies}/advanced/${id}`, undefined, another)).status).toBe(200);
    }
  });
});

describe('search, export and import', () => {
  it('finds policies of all levels, or of one', async () => {
    const all = await call('GET', `${policies}/search?query=type:all&limit=1000`);
    const names = (all.body.list as Json[]).map(({ policyName }) => policyName);
    expect(names).toEqual(expect.arrayContaining(['50PerMin', 'Gold', '10KPerMin']));
    expect(all.body.list[0]).toMatchObject({ policyId: all.body.list[0].uuid, type: 'app' });
    const some = await call('GET', `${policies}/search?query=type:api`);
    expect(new Set((some.body.list as Json[]).map(({ type }) => type))).toEqual(new Set(['api']));
    const theirs = await call('GET', `${policies}/search`, undefined, foreigner);
    expect(theirs.body.list.some(({ type }: Json) => type === 'global')).toBe(false);
  });

  it.each([
    ['sub', 'subscription policy', 'Gold'],
    ['app', 'application policy', '50PerMin'],
    ['api', 'advanced policy', '10KPerMin'],
  ])('carries %s policies to another tenant and back', async (type, subtype, name) => {
    const document = await call('GET', `${policies}/export?type=${type}&name=${name}`);
    expect(document).toMatchObject({
      status: 200,
      body: { type: 'throttling policy', subtype, version: 'v4.7.0', data: { policyName: name, isDeployed: false } },
    });
    const send = (text: string, query = '') =>
      world.call('POST', `${policies}/import${query}`, { token: foreigner, ...multipart({}, text) });
    expect((await send(document.text)).status).toBe(409);
    expect((await send(document.text, '?overwrite=false')).status).toBe(409);
    const changed = { ...document.body, data: { ...document.body.data, displayName: 'Changed' } };
    const overwritten = await send(JSON.stringify(changed), '?overwrite=true');
    expect(overwritten).toMatchObject({ status: 200, body: { policyName: name, displayName: 'Changed' } });
    const renamed = { ...document.body, data: { ...document.body.data, policyName: `New${name}` } };
    const made = await send(JSON.stringify(renamed), '?overwrite=true');
    expect(made).toMatchObject({ status: 201, body: { policyName: `New${name}`, isDeployed: true } });
    expect((await call('GET', `${policies}/export?type=${type}&name=New${name}`)).status).toBe(404);
  });

  it.each([
    ['no JSON', 'policyName: Gold'],
    ['another kind of document', '{"type":"api"}'],
    ['an unknown subtype', exported({}, 'other policy')],
    ['a policy that cannot be', exported({ policyName: 'x' })],
    ['nesting without end', '['.repeat(100_000)],
  ])('refuses %s', async (_, text) => {
    const sent = await world.call('POST', `${policies}/import`, { token, ...multipart({}, text) });
    expect(sent.status).toBe(400);
  });

  it('says in its OpenAPI document that it takes a form', async () => {
    const { body } = await call('GET', `${admin}/openapi.json`);
    const { content } = body.paths['/throttling/policies/import'].post.requestBody;
    expect(content['multipart/form-data'].schema.properties.file).toMatchObject({ type: 'string', format: 'binary' });
  });

  it('refuses what is no form, and too large a one', async () => {
    expect((await call('POST', `${policies}/import`, { file: '{}' })).status).toBe(400);
    const large = multipart({ pad: 'x'.repeat(300_000) }, '{}');
    expect((await world.call('POST', `${policies}/import`, { token, ...large })).status).toBe(413);
    const elsewhere = await world.call('POST', `${policies}/application`, { token, ...multipart({}, '{}') });
    expect(elsewhere.status).toBe(415);
  });
});
