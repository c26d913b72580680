import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecretBox } from '../../src/apis/secret-box.js';
import { type Json, startWorld, type World } from './support/world.js';

const apis = '/api/am/publisher/v4/apis';

describe('publisher APIs', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
  });
  afterAll(() => world.stop());

  const create = (name: string, more: Json = {}) =>
    world.call('POST', apis, { token, body: { name, context: `/${name}`, version: '1.0.0', ...more } });
  const change = (id: string, body: Json) => world.call('PUT', `${apis}/${id}`, { token, body });
  const read = (id: string) => world.call('GET', `${apis}/${id}`, { token });

  it('have defaults for everything but name, context and version', async () => {
    const { status, body } = await create('defaults', { context: 'defaults', securityScheme: null, tags: null });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      context: '/defaults',
      provider: 'maker',
      lifeCycleStatus: 'CREATED',
      transport: ['http', 'https'],
      securityScheme: ['oauth_basic_auth_api_key_mandatory', 'oauth2'],
      visibility: 'PUBLIC',
      accessControl: 'NONE',
      policies: [],
      tags: [],
      isDefaultVersion: false,
      endpointConfig: null,
      gatewayVendor: 'wso2',
    });
    expect(body.operations.map(({ verb, target }: Json) => `${verb} ${target}`)).toEqual([
      'GET /*',
      'PUT /*',
      'POST /*',
      'DELETE /*',
      'PATCH /*',
    ]);
    expect(body.operations[0]).toMatchObject({
      authType: 'Application & Application User',
      throttlingPolicy: 'Unlimited',
      scopes: [],
      operationPolicies: { request: [], response: [], fault: [] },
    });
    expect((await read(body.id)).body).toEqual(body);
  });

  it('keep members of nested objects that nobody knows', async () => {
    const given = {
      endpointConfig: {
        endpoint_type: 'http',
        production_endpoints: { url: 'http://a.example', config: { actionDuration: '3000', x: [1, { y: 2 }] } },
        vendor: { deep: { deeper: true } },
      },
      operations: [{ target: '/a', verb: 'get', 'x-mine': { z: 1 } }],
      businessInformation: { businessOwner: 'Jane', other: 1 },
      somethingNew: { a: [1, 2] },
    };
    const { body } = await create('roundtrip', given);
    expect(body).toMatchObject({ ...given, operations: [{ target: '/a', verb: 'GET', 'x-mine': { z: 1 } }] });
    const put = await change(body.id, { ...body, description: 'changed' });
    expect(put.body).toMatchObject({ ...given, operations: body.operations, description: 'changed' });
  });

  it('turn null lists of the CORS configuration into empty ones', async () => {
    const corsConfiguration = {
      corsConfigurationEnabled: true,
      accessControlAllowOrigins: null,
      accessControlAllowHeaders: null,
      accessControlAllowMethods: null,
    };
    expect((await create('cors', { corsConfiguration })).body.corsConfiguration).toEqual({
      corsConfigurationEnabled: true,
      accessControlAllowOrigins: [],
      accessControlAllowCredentials: false,
      accessControlAllowHeaders: [],
      accessControlAllowMethods: [],
    });
  });

  /** Opened, after making sure that what lies in the row cannot be read. */
  const storedSecrets = async (id: string) => {
    const stored: Json = (await world.storage.apis.findApi(id))?.body;
    expect(JSON.stringify(stored)).not.toContain('canary');
    const { production, sandbox } = stored.endpointConfig.endpoint_security;
    const box = createSecretBox(world.secretKey);
    return [production.password, sandbox.clientSecret].map((sealed) => box.open(sealed, id));
  };

  it('never show secrets, store them sealed, and keep the stored one when an empty one comes back', async () => {
    const secured = (password: string, clientSecret: string) => ({
      endpointConfig: {
        endpoint_type: 'http',
        production_endpoints: { url: 'http://a.example' },
        endpoint_security: {
          production: { enabled: true, type: 'BASIC', username: 'u', password },
          sandbox: { enabled: true, type: 'OAUTH', clientId: 'c', clientSecret },
        },
      },
    });
    const { body, text } = await create('secrets', secured('hunter2-canary', 'hunter3-canary'));
    expect(text).not.toContain('canary');
    expect(body).toMatchObject(secured('', ''));
    const put = await change(body.id, { ...body, description: 'same secrets' });
    expect(put.text + (await read(body.id)).text).not.toContain('canary');
    await change(body.id, { description: 'no word about endpoints' });
    expect(await storedSecrets(body.id)).toEqual(['hunter2-canary', 'hunter3-canary']);
    const revision = await world.call('POST', `${apis}/${body.id}/revisions`, { token, body: {} });
    await change(body.id, secured('hunter4-canary', ''));
    expect(await storedSecrets(body.id)).toEqual(['hunter4-canary', 'hunter3-canary']);
    expect(JSON.stringify(await world.storage.apis.findRevision(revision.body.id))).not.toContain('canary');
    const restore = `${apis}/${body.id}/restore-revision?revisionId=${revision.body.id}`;
    expect((await world.call('POST', restore, { token })).body).toMatchObject(secured('', ''));
    expect(await storedSecrets(body.id)).toEqual(['hunter2-canary', 'hunter3-canary']);
    expect(world.log.join('\n')).not.toContain('canary');
  });

  it('change part by part; name, version, context and provider stay', async () => {
    const { body } = await create('partial', { tags: ['one'], policies: ['Gold'] });
    const put = await change(body.id, {
      name: 'other',
      version: '2',
      context: '/other',
      provider: 'admin',
      lifeCycleStatus: 'PUBLISHED',
      id: 'x',
      isDefaultVersion: true,
      responseCachingEnabled: true,
    });
    expect(put).toMatchObject({ status: 200 });
    const { lastUpdatedTime, lastUpdatedTimestamp, ...rest } = body;
    expect(put.body).toMatchObject({ ...rest, isDefaultVersion: true, responseCachingEnabled: true });
  });

  it.each([
    ['a blank name', { name: ' ' }],
    ['a blank version', { version: '' }],
    ['a version of dots', { version: '..' }],
    ['a version that takes long to read', { version: `${'1'.repeat(500_000)}!` }],
    ['a blank context', { context: '' }],
    ['the context /', { context: '/' }],
    ['a back-tick', { context: '/a`b' }],
    ['.. in the context', { context: '/a/../b' }],
    ['an encoded slash', { context: '/a%2fb' }],
    ["a tenant's context", { context: '/t/tenant1.com/pets' }],
    ['a name too long', { name: 'x'.repeat(61) }],
    ['an unknown authType', { operations: [{ target: '/', verb: 'GET', authType: 'Everyone' }] }],
    ['an unknown verb', { operations: [{ target: '/', verb: 'BREW' }] }],
    ['an endpoint that is no URL', { endpointConfig: { production_endpoints: { url: 'not a url' } } }],
    ['an endpoint of files', { endpointConfig: { production_endpoints: { url: 'file:///etc/passwd' } } }],
    ['an endpoint with a password', { endpointConfig: { production_endpoints: { url: 'http://u:p@a.example' } } }],
    ['a header injected', { authorizationHeader: 'X\r\nY' }],
  ])('are refused with 400 for %s', async (_, more) => {
    expect(await create('refused', more)).toMatchObject({ status: 400, body: { moreInfo: '' } });
  });

  it('take endpoint URLs with variables in them', async () => {
    const endpointConfig = { production_endpoints: { url: 'https://{uri.var.host}/x/{+uri.var.rest}' } };
    expect(await create('templated', { endpointConfig })).toMatchObject({ status: 201 });
  });

  it('do not share names and contexts', async () => {
    await create('Unique');
    expect(await create('uNIQUE', { context: '/Unique' })).toMatchObject({ status: 409, body: { code: 900250 } });
    expect(await create('unique', { context: '/elsewhere' })).toMatchObject({ status: 400 });
    expect(await create('different', { context: '/Unique', version: '9' })).toMatchObject({
      status: 409,
      body: { code: 900251 },
    });
    expect(await create('Unique', { version: '2.0.0' })).toMatchObject({ status: 201 });
  });

  it.each([
    ['a subscription tier', { policies: ['Platinum'] }],
    ['an API tier', { apiThrottlingPolicy: 'Platinum' }],
    ['a resource tier', { operations: [{ target: '/', verb: 'GET', throttlingPolicy: 'Platinum' }] }],
  ])('answer 400 and 900305 for %s that is not there', async (_, more) => {
    expect(await create('tiers', more)).toMatchObject({ status: 400, body: { code: 900305 } });
  });

  it('become callable without subscription only when every tier is taken away in so many words', async () => {
    const { body } = await create('tierless');
    expect((await change(body.id, { description: 'nothing about tiers' })).body.policies).toEqual([]);
    expect((await change(body.id, { policies: [] })).body.policies).toEqual(['DefaultSubscriptionless']);
  });

  it('are listed by part of the name', async () => {
    await create('listed-one');
    await create('listed-two');
    const { body } = await world.call('GET', `${apis}?query=name:listed-&limit=1`, { token });
    expect(body).toMatchObject({ count: 1, list: [{ name: 'listed-one' }], pagination: { total: 2 } });
  });

  it('answer 404 and 900308 when unknown', async () => {
    const id = '0d1c0a1e-0000-4000-8000-000000000000';
    expect(await read(id)).toMatchObject({
      status: 404,
      body: { code: 900308, description: `Requested API with id '${id}' not found` },
    });
  });

  it('are gone after DELETE', async () => {
    const { body } = await create('gone');
    expect(await world.call('DELETE', `${apis}/${body.id}`, { token })).toMatchObject({ status: 200 });
    expect(await read(body.id)).toMatchObject({ status: 404 });
  });
});
