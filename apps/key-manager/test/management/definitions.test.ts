import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validationDocument } from '../../src/apis/definitions/validation-document.js';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';
const apis = `${publisher}/apis`;

/** A form in the way clients send it: texts as fields, documents as files. */
async function formOf(fields: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, value] of Object.entries(files)) form.set(name, new Blob([value]), `${name}.json`);
  const encoded = new Response(form);
  return { headers: { 'content-type': encoded.headers.get('content-type') ?? '' }, body: await encoded.text() };
}

const operation = (more: Json = {}) => ({ responses: { 200: { description: 'ok' } }, ...more });
const document = (paths: Json, more: Json = {}) =>
  JSON.stringify({ openapi: '3.0.1', info: { title: 'Pets', version: '1' }, paths, ...more });

let world: World;
let token: string;
beforeAll(async () => {
  world = await startWorld();
  token = await world.logIn('maker', 'Internal/creator', 'Internal/publisher', 'admin');
});
afterAll(() => world.stop());

const create = async (name: string, more: Json = {}) =>
  (await world.call('POST', apis, { token, body: { name, context: `/${name}`, version: '1.0.0', ...more } })).body;
const read = async (id: string) => (await world.call('GET', `${apis}/${id}`, { token })).body;
const swagger = async (id: string) => (await world.call('GET', `${apis}/${id}/swagger`, { token })).body;
const define = async (id: string, text: string) =>
  world.call('PUT', `${apis}/${id}/swagger`, { token, ...(await formOf({ apiDefinition: text })) });

describe('the definition of an API', () => {
  it('is made of its operations when none was imported', async () => {
    const { id } = await create('plain', {
      operations: [{ target: '/pets/{petId}', verb: 'GET', scopes: ['read'], throttlingPolicy: '10KPerMin' }],
      scopes: [{ scope: { name: 'read', bindings: [] }, shared: false }],
      authorizationHeader: 'X-Auth',
      apiThrottlingPolicy: '20KPerMin',
      endpointConfig: { endpoint_type: 'http', production_endpoints: { url: 'http://a.example' } },
    });
    const found = await swagger(id);
    expect(found).toMatchObject({
      openapi: '3.0.1',
      info: { title: 'plain', version: '1.0.0' },
      'x-wso2-basePath': '/plain/1.0.0',
      'x-wso2-transports': ['http', 'https'],
      'x-wso2-auth-header': 'X-Auth',
      'x-throttling-tier': '20KPerMin',
      'x-wso2-production-endpoints': { urls: ['http://a.example'], type: 'http' },
      components: { securitySchemes: { default: { type: 'oauth2', flows: { implicit: { scopes: { read: '' } } } } } },
    });
    expect(found.paths).toEqual({
      '/pets/{petId}': {
        get: {
          parameters: [{ name: 'petId', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { 200: { description: 'ok' } },
          security: [{ default: ['read'] }],
          'x-auth-type': 'Application & Application User',
          'x-throttling-tier': '10KPerMin',
        },
      },
    });
    expect(found).not.toHaveProperty('servers');
  });

  it('is replaced by a form, and the operations follow it', async () => {
    const { id, operations: before } = await create('followed', { operations: [{ target: '/a', verb: 'GET' }] });
    const answer = await define(
      id,
      document(
        {
          '/z': { get: operation({ 'x-auth-type': 'None', 'x-throttling-tier': '10KPerMin', summary: 'Z' }) },
          '/a': { summary: 'the first', get: operation(), post: operation() },
        },
        { servers: [{ url: 'https://gone.example' }], 'x-vendor': { kept: true } },
      ),
    );
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body.paths)).toEqual(['/z', '/a']);
    expect(answer.body).toMatchObject({ 'x-vendor': { kept: true }, paths: { '/z': { get: { summary: 'Z' } } } });
    expect(answer.body).not.toHaveProperty('servers');
    const api = await read(id);
    expect(
      api.operations.map(({ verb, target, authType, throttlingPolicy }: Json) => [
        verb,
        target,
        authType,
        throttlingPolicy,
      ]),
    ).toEqual([
      ['GET', '/z', 'None', '10KPerMin'],
      ['GET', '/a', 'Application & Application User', 'Unlimited'],
      ['POST', '/a', 'Application & Application User', 'Unlimited'],
    ]);
    expect(api.operations[1].id).toBe(before[0].id);
    expect(api).not.toHaveProperty('apiDefinition');
    expect(await swagger(id)).toEqual(answer.body);
  });

  it('follows the operations when these are changed', async () => {
    const { id } = await create('following');
    await define(
      id,
      document({ '/b': { get: operation({ summary: 'B' }) }, '/a': { get: operation({ summary: 'A' }) } }),
    );
    const { status } = await world.call('PUT', `${apis}/${id}`, {
      token,
      body: {
        operations: [
          { target: '/c', verb: 'PUT' },
          { target: '/b', verb: 'GET' },
        ],
        apiDefinition: { evil: true },
      },
    });
    expect(status).toBe(200);
    const found = await swagger(id);
    expect(Object.keys(found.paths)).toEqual(['/b', '/c']);
    expect(found.paths['/b'].get.summary).toBe('B');
    expect(found).not.toHaveProperty('evil');
  });

  it('names endpoints that the API then has', async () => {
    const { id } = await create('pointed');
    await define(
      id,
      document(
        { '/a': { get: operation() } },
        {
          'x-wso2-production-endpoints': {
            urls: ['http://p.example'],
            advanceEndpointConfig: { circuitBreakers: { maxRequests: 4 } },
          },
        },
      ),
    );
    expect((await read(id)).endpointConfig).toMatchObject({
      endpoint_type: 'http',
      production_endpoints: { url: 'http://p.example', config: { circuitBreakers: { maxRequests: 4 } } },
    });
  });

  it('may be YAML, and Swagger 2.0', async () => {
    const { id } = await create('yaml');
    const yaml =
      'swagger: "2.0"\ninfo: {title: T, version: "1"}\nhost: gone.example\npaths:\n  /a:\n    get: {responses: {200: {description: ok}}}\n';
    expect((await define(id, yaml)).status).toBe(200);
    const found = await swagger(id);
    expect(found).toMatchObject({
      swagger: '2.0',
      securityDefinitions: { default: { type: 'oauth2', flow: 'implicit' } },
    });
    expect(found).not.toHaveProperty('host');
    expect(found).not.toHaveProperty('components');
  });

  it.each([
    ['no document', 'nothing at all', /no object/],
    ['no version', '{"info":{"title":"T","version":"1"},"paths":{}}', /version/],
    ['no paths', '{"openapi":"3.0.1","info":{"title":"T","version":"1"}}', /paths is missing/],
    ['a path without a slash', document({ a: { get: operation() } }), /no path/],
    ['an operation without answers', document({ '/a': { get: {} } }), /responses is missing/],
    [
      'a reference out of it',
      document({ '/a': { get: operation({ x: { $ref: 'http://evil.example/a' } }) } }),
      /leads out/,
    ],
    ['a reference to nothing', document({ '/a': { get: operation({ x: { $ref: '#/b' } }) } }), /leads nowhere/],
    [
      'too deep',
      document({ '/a': { get: operation({ x: JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`) }) } }),
      /too deeply/,
    ],
    ['an unknown tier', document({ '/a': { get: operation({ 'x-throttling-tier': 'Mystery' }) } }), /Mystery/],
  ])('is refused and nothing changes: %s', async (_, text, problem) => {
    const name = `bad${Math.random().toString(36).slice(2)}`;
    const { id } = await create(name, { operations: [{ target: '/kept', verb: 'GET' }] });
    const answer = await define(id, text);
    expect(answer.status).toBe(400);
    expect(answer.body.description).toMatch(problem);
    expect((await read(id)).operations).toHaveLength(1);
  });

  it('is read and written by those who may work on the API only', async () => {
    const { id } = await create('guarded', { accessControl: 'RESTRICTED', accessControlRoles: ['nobody-has-it'] });
    const other = await world.logIn('reader', 'Internal/creator');
    expect((await world.call('GET', `${apis}/${id}/swagger`, { token: other })).status).toBe(403);
    expect((await world.call('GET', `${apis}/00000000-0000-4000-8000-000000000000/swagger`, { token })).status).toBe(
      404,
    );
    expect((await world.call('PUT', `${apis}/${id}/swagger`, { token, body: { apiDefinition: '{}' } })).status).toBe(
      400,
    );
  });
});

describe('the definition that consumers get', () => {
  const portal = (id: string, more: Json = {}) => world.call('GET', `/api/am/devportal/v3/apis/${id}/swagger`, more);

  it('says nothing of the backend, and is for those who see the API', async () => {
    const { id } = await create('shown', {
      policies: ['Gold'],
      authorizationHeader: 'X-Auth',
      endpointConfig: { endpoint_type: 'http', production_endpoints: { url: 'http://internal.example' } },
    });
    const own = {
      'x-mediation-script': 'secret',
      'x-wso2-production-endpoints': { urls: ['http://internal.example'] },
    };
    await define(id, document({ '/a': { get: operation({ ...own, summary: 'A' }) } }, { 'x-wso2-mutual-ssl': 'x' }));
    expect((await portal(id)).status).toBe(403);
    await world.call('POST', `${apis}/change-lifecycle?apiId=${id}&action=Publish`, { token });
    const { status, body, text } = await portal(id);
    expect(status).toBe(200);
    expect(body.paths['/a'].get).toMatchObject({ summary: 'A', 'x-auth-type': 'Application & Application User' });
    expect(Object.keys(body).filter((name) => name.startsWith('x-'))).toEqual([]);
    expect(text).not.toMatch(/internal\.example|secret/);
    expect((await portal('00000000-0000-4000-8000-000000000000')).status).toBe(404);
    expect((await portal(id, { headers: { 'x-wso2-tenant': 'elsewhere.com' } })).status).toBe(404);
  });
});

describe('the definition that gateways get', () => {
  it('has all that decides and nothing that is for people', () => {
    const schema = {
      title: 'Pet',
      description: 'long',
      example: { description: 'a value' },
      properties: { description: { type: 'string', description: 'long', enum: ['example'] }, example: {} },
      'x-vendor': 1,
      'x-nullable': true,
    };
    const paths = {
      '/a': {
        get: { tags: ['a'], responses: { default: { description: 'd', content: { 'application/json': { schema } } } } },
      },
    };
    const api = { name: 'A', version: '1', context: '/a' };
    const operations = [
      { id: '1', target: '/a', verb: 'GET', authType: 'Any', throttlingPolicy: 'Unlimited', scopes: [] },
    ];
    const body = { transport: [], policies: [], securityScheme: [], scopes: [], operations };
    const found = validationDocument(api, {
      ...body,
      apiDefinition: { openapi: '3.0.1', info: { title: 'T' }, paths },
    });
    expect(found).toMatchObject({ openapi: '3.0.1' });
    expect(found.paths).toEqual({
      '/a': {
        get: {
          responses: {
            default: {
              content: {
                'application/json': {
                  schema: {
                    properties: { description: { type: 'string', enum: ['example'] }, example: {} },
                    'x-nullable': true,
                  },
                },
              },
            },
          },
        },
      },
    });
    expect(JSON.stringify(found)).not.toContain('x-wso2');
  });

  it('is not too large for all gateways to hold', async () => {
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`property-${i}`, { type: 'string' }]));
    const { id } = await create('huge');
    const responses = { 200: { description: 'ok', content: { 'application/json': { schema: { properties: many } } } } };
    expect((await define(id, document({ '/a': { get: { responses } } }))).status).toBe(200);
    const answer = await world.call('PUT', `${apis}/${id}`, { token, body: { enableSchemaValidation: true } });
    expect(answer.status).toBe(400);
    expect(answer.body.description).toBe('The definition is too large for schema validation');
  });
});

describe('importing a definition', () => {
  const properties = JSON.stringify({ name: 'imported', version: '2.0.0', context: 'imported', policies: ['Gold'] });

  it('makes an API of it', async () => {
    const file = document({ '/pets': { get: operation(), post: operation({ 'x-throttling-tier': '10KPerMin' }) } });
    const form = await formOf({ additionalProperties: properties }, { file });
    const { status, body, headers } = await world.call('POST', `${apis}/import-openapi`, { token, ...form });
    expect(status).toBe(201);
    expect(headers.location).toBe(`${apis}/${body.id}`);
    expect(body).toMatchObject({ name: 'imported', version: '2.0.0', context: '/imported', policies: ['Gold'] });
    expect(body.operations.map(({ verb, throttlingPolicy }: Json) => [verb, throttlingPolicy])).toEqual([
      ['GET', 'Unlimited'],
      ['POST', '10KPerMin'],
    ]);
    expect((await swagger(body.id)).info.title).toBe('Pets');
  });

  it.each([
    ['an invalid document', '{}', properties, 900754],
    [
      'an unknown tier',
      document({ '/a': { get: operation({ 'x-throttling-tier': 'Mystery' }) } }),
      properties.replaceAll('imported', 'other'),
      900305,
    ],
    ['properties that are none', document({}), 'nothing', 400],
  ])('is refused with %s', async (_, file, additionalProperties, code) => {
    const form = await formOf({ additionalProperties }, { file });
    const answer = await world.call('POST', `${apis}/import-openapi`, { token, ...form });
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe(code);
  });

  it('can be tried before', async () => {
    const validate = async (file: string) =>
      (await world.call('POST', `${apis}/validate-openapi`, { token, ...(await formOf({}, { file })) })).body;
    const good = await validate(document({ '/a': { get: operation() } }));
    expect(good).toMatchObject({
      isValid: true,
      errors: [],
      info: { name: 'Pets', version: '1', openAPIVersion: '3.0.1' },
    });
    const bad = await validate('{"openapi":"3.0.1"}');
    expect(bad.isValid).toBe(false);
    expect(bad.errors.map(({ description }: Json) => description)).toContain('attribute paths is missing');
  });
});
