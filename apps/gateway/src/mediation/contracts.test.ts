import { describe, expect, it } from 'vitest';
import type { OperationContract } from '../apis/compiled-mediation.js';
import { createContracts } from './contracts.js';

type Json = Record<string, unknown>;

const document = (operation: Json, more: Json = {}, target = '/pets', verb = 'post') =>
  JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'T', version: '1' },
    paths: { [target]: { [verb]: operation } },
    ...more,
  });

function contractOf(text: string, target = '/pets', verb = 'POST'): OperationContract {
  const contracts = createContracts(text);
  const contract = typeof contracts === 'string' ? contracts : contracts.of(verb, target);
  if (typeof contract === 'string') throw new Error(contract);
  return contract;
}

const jsonType = ['Content-Type', 'application/json'];
const jsonBody = (schema: unknown, more: Json = {}) => ({
  requestBody: { content: { 'application/json': { schema } } },
  ...more,
});
const bodyCheck = (schema: unknown, more: Json = {}) => {
  const contract = contractOf(document(jsonBody(schema), more));
  return (value: unknown) => contract.checkBody(jsonType, Buffer.from(JSON.stringify(value)));
};
const headOf = (given: Partial<Parameters<OperationContract['checkHead']>[0]>) => ({
  suffix: '/pets',
  query: undefined,
  rawHeaders: [],
  hasBody: false,
  ...given,
});

describe('a body', () => {
  it('has to fit its schema, with references into the document', () => {
    const check = bodyCheck(
      { $ref: '#/components/schemas/Pet' },
      {
        components: {
          schemas: {
            Pet: {
              type: 'object',
              required: ['name'],
              properties: { name: { type: 'string' }, owner: { $ref: '#/components/schemas/Owner' } },
            },
            Owner: { type: 'object', properties: { age: { type: 'integer', minimum: 0, exclusiveMinimum: true } } },
          },
        },
      },
    );
    expect(check({ name: 'Rex', owner: { age: 3 } })).toBeUndefined();
    expect(check({})).toMatch(/required property 'name'/);
    expect(check({ name: 5 })).toBe('body: /name must be string');
    expect(check({ name: 'Rex', owner: { age: 0 } })).toMatch(/\/owner\/age must be > 0/);
    expect(contractOf(document(jsonBody({}))).checkBody(jsonType, Buffer.from('{'))).toBe('the body is no JSON');
  });

  it('may be null where it is nullable, and lack what is read-only', () => {
    const check = bodyCheck({
      type: 'object',
      required: ['id', 'name'],
      properties: { id: { type: 'integer', readOnly: true }, name: { type: 'string', nullable: true, enum: ['a'] } },
    });
    expect(check({ name: null })).toBeUndefined();
    expect(check({ name: 'a' })).toBeUndefined();
    expect(check({ name: 'b' })).toMatch(/allowed values/);
    expect(check({})).toMatch(/'name'/);
  });

  it('is judged by the words of OpenAPI 3.1 there', () => {
    const schema = { type: ['object', 'null'], properties: { kind: { const: 'cat' }, age: { exclusiveMinimum: 1 } } };
    const contract = contractOf(document(jsonBody(schema), { openapi: '3.1.0' }));
    const check = (value: unknown) => contract.checkBody(jsonType, Buffer.from(JSON.stringify(value)));
    expect(check(null)).toBeUndefined();
    expect(check({ kind: 'dog' })).toMatch(/equal to constant/);
    expect(check({ age: 1 })).toMatch(/> 1/);
  });

  it.each([
    ['date', '2024-02-30', '2024-02-29'],
    ['date-time', '2024-02-29 25:00:00Z', '2024-02-29T23:00:00.5+01:00'],
    ['uuid', 'x', '123e4567-e89b-12d3-a456-426614174000'],
    ['email', 'a@b@c', 'a@b.c'],
    ['ipv4', '256.1.1.1', '127.0.0.1'],
    ['uri', 'nothing', 'https://a.b/c'],
  ])('is checked for the format %s', (format, bad, good) => {
    const check = bodyCheck({ type: 'string', format });
    expect(check(bad)).toMatch(/must match format/);
    expect(check(good)).toBeUndefined();
  });

  it('costs little however it is made: patterns, lists of objects, depth', () => {
    const started = performance.now();
    const evil = bodyCheck({ type: 'string', pattern: '^(a+)+$' });
    expect(evil(`${'a'.repeat(5_000)}!`)).toMatch(/pattern/);
    const unique = bodyCheck({ type: 'array', uniqueItems: true });
    const items = Array.from({ length: 20_000 }, (_, i) => ({ a: i, b: 1 }));
    expect(unique(items)).toBeUndefined();
    expect(unique([...items, { b: 1, a: 7 }])).toMatch(/uniqueItems/);
    const nested = bodyCheck(
      { $ref: '#/components/schemas/T' },
      { components: { schemas: { T: { type: 'array', items: { $ref: '#/components/schemas/T' } } } } },
    );
    expect(nested([[[]]])).toBeUndefined();
    const contract = contractOf(
      document(jsonBody({ $ref: '#/components/schemas/T' }), {
        components: { schemas: { T: { type: 'array', items: { $ref: '#/components/schemas/T' } } } },
      }),
    );
    const deep = Buffer.from('['.repeat(100_000) + ']'.repeat(100_000));
    expect(contract.checkBody(jsonType, deep)).toMatch(/nested too deeply/);
    // A pattern engine that backtracks would not be done in years.
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it('says nothing of what was sent', () => {
    const check = bodyCheck({ type: 'object', properties: { pin: { type: 'integer', enum: [1, 2] } } });
    expect(check({ pin: 'secret-value' })).not.toContain('secret-value');
  });

  it('has to be of a described type, uncoded, UTF-8, and there when it is required', () => {
    const contract = contractOf(
      document({ requestBody: { required: true, content: { 'application/json': { schema: {} }, 'text/*': {} } } }),
    );
    const head = (rawHeaders: string[], hasBody = true) => contract.checkHead(headOf({ rawHeaders, hasBody }));
    expect(head([], false)).toBe('the body is missing');
    expect(head(['Content-Type', 'Application/JSON; charset=utf-8'])).toBeUndefined();
    expect(head(['Content-Type', 'text/plain'])).toBeUndefined();
    expect(head(['Content-Type', 'application/xml'])).toBe('the content type is not one that is described');
    expect(head([])).toBe('the content type is not one that is described');
    expect(head([...jsonType, ...jsonType])).toBe('the content type is given more than once');
    expect(head([...jsonType, 'Content-Encoding', 'gzip'])).toBe('the body has a content coding');
    expect(contract.readsBody(jsonType)).toBe(true);
    expect(contract.readsBody(['Content-Type', 'text/plain'])).toBe(false);
    expect(contract.checkBody(jsonType, Buffer.from([0x22, 0xff, 0x22]))).toBe('the body is not UTF-8');
  });
});

describe('parameters', () => {
  const parameter = (name: string, where: string, schema: Json, more: Json = {}) => ({
    name,
    in: where,
    schema,
    ...more,
  });
  const contract = contractOf(
    JSON.stringify({
      openapi: '3.0.0',
      info: {},
      components: {
        parameters: { Limit: parameter('limit', 'query', { type: 'integer', maximum: 9 }, { required: true }) },
      },
      paths: {
        '/pets/{petId}.{format}': {
          parameters: [parameter('petId', 'path', { type: 'integer' }, { required: true })],
          get: {
            parameters: [
              { $ref: '#/components/parameters/Limit' },
              parameter('ids', 'query', { type: 'array', items: { type: 'integer' } }),
              parameter('tags', 'query', { type: 'array', maxItems: 2 }, { explode: false }),
              parameter('filter', 'query', { type: 'object' }, { style: 'deepObject', required: true }),
              parameter('X-Request', 'header', { type: 'string', minLength: 3 }, { required: true }),
              parameter('Accept', 'header', {}, { required: true }),
            ],
            responses: {},
          },
        },
      },
    }),
    '/pets/{petId}.{format}',
    'GET',
  );
  const good = { suffix: '/pets/5.json', query: 'limit=3&filter[a]=1', rawHeaders: ['x-request', 'abc'] };
  const check = (given: Partial<typeof good>) => contract.checkHead(headOf({ ...good, ...given }));

  it('fit', () => {
    expect(check({})).toBeUndefined();
    expect(check({ query: 'limit=3&filter[a]=1&ids=1&ids=2&tags=a,b&other=x' })).toBeUndefined();
    expect(check({ query: '%6cimit=+3&filter[a]=1', suffix: '/pets/%35.json' })).toBeUndefined();
  });

  it.each([
    [{ query: 'filter[a]=1' }, 'query parameter limit is missing'],
    [{ query: 'limit=ten&filter[a]=1' }, 'query parameter limit must be integer'],
    [{ query: 'limit=10&filter[a]=1' }, 'query parameter limit must be <= 9'],
    [{ query: 'limit=1&limit=2&filter[a]=1' }, 'query parameter limit is given more than once'],
    [{ query: 'limit=1' }, 'query parameter filter is missing'],
    [{ query: 'limit=1&filter[a]=1&ids=1&ids=b' }, 'query parameter ids /1 must be integer'],
    [{ query: 'limit=1&filter[a]=1&tags=a,b,c' }, 'query parameter tags must NOT have more than 2 items'],
    [{ rawHeaders: [] }, 'header parameter X-Request is missing'],
    [{ rawHeaders: ['X-Request', 'ab'] }, 'header parameter X-Request must NOT have fewer than 3 characters'],
    [{ suffix: '/pets/five.json' }, 'path parameter petId must be integer'],
  ])('that do not fit are named: %o', (given, problem) => expect(check(given)).toBe(problem));
});

describe('answers', () => {
  const schema = {
    type: 'object',
    required: ['id', 'pin'],
    properties: { id: { type: 'integer' }, pin: { writeOnly: true } },
  };
  const contract = contractOf(
    document({
      responses: {
        '200': { content: { 'application/json': { schema } } },
        '4XX': { content: { 'application/problem+json': { schema: { type: 'object', required: ['title'] } } } },
        '204': { description: 'nothing' },
      },
    }),
  );
  const check = (status: number, body: string, type = 'application/json', more: string[] = []) =>
    contract.checkAnswer({ status, headers: ['content-type', type, ...more], body: Buffer.from(body) });

  it('fit the schema of their status, and need not have what is write-only', () => {
    expect(check(200, '{"id":1}')).toBeUndefined();
    expect(check(200, '{"id":"1"}')).toBe('body: /id must be integer');
    expect(check(404, '{}', 'application/problem+json')).toMatch(/'title'/);
    expect(check(200, '{"id":1}', 'text/html')).toBe('the content type is not one that is described');
    expect(check(200, 'x', 'application/json', ['content-encoding', 'gzip'])).toBe('the body has a content coding');
    expect(check(200, '<', 'application/json')).toBe('the body is no JSON');
  });

  it('of a status that is not described are not looked at', () => {
    expect(check(500, 'oops', 'text/plain')).toBeUndefined();
    expect(check(204, '')).toBeUndefined();
  });

  it('are read only where JSON is described, or nothing fits', () => {
    const described = contractOf(
      document({ responses: { 200: { content: { 'application/json': { schema }, 'image/*': {} } }, 404: {} } }),
    );
    const reads = (status: number, type: string) => described.readsAnswer(status, ['Content-Type', type]);
    expect(reads(200, 'application/json; charset=utf-8')).toBe(true);
    expect(reads(200, 'text/html')).toBe(true);
    expect(described.readsAnswer(200, [])).toBe(true);
    expect(reads(200, 'image/png')).toBe(false);
    expect(reads(404, 'application/json')).toBe(false);
    expect(reads(500, 'application/json')).toBe(false);
  });

  it('are not read at all where no schema describes them', () => {
    expect(contract.readsAnswers).toBe(true);
    expect(contractOf(document({ responses: { 200: { description: 'ok' } } })).readsAnswers).toBe(false);
  });
});

describe('Swagger 2.0', () => {
  const contract = contractOf(
    JSON.stringify({
      swagger: '2.0',
      info: { title: 'T', version: '1' },
      consumes: ['application/json'],
      produces: ['application/json'],
      definitions: {
        Pet: { type: 'object', required: ['name'], properties: { name: { type: 'string', 'x-nullable': true } } },
      },
      parameters: { Body: { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Pet' } } },
      paths: {
        '/pets': {
          post: {
            parameters: [{ $ref: '#/parameters/Body' }, { name: 'n', in: 'query', type: 'integer', required: true }],
            responses: { 200: { description: 'ok', schema: { $ref: '#/definitions/Pet' } } },
          },
        },
      },
    }),
  );

  it('is held to as if it were OpenAPI 3', () => {
    const head = headOf({ query: 'n=1', rawHeaders: jsonType, hasBody: true });
    expect(contract.checkHead(head)).toBeUndefined();
    expect(contract.checkHead({ ...head, query: 'n=x' })).toMatch(/integer/);
    expect(contract.checkHead({ ...head, hasBody: false })).toBe('the body is missing');
    expect(contract.checkBody(jsonType, Buffer.from('{"name":null}'))).toBeUndefined();
    expect(contract.checkBody(jsonType, Buffer.from('{}'))).toMatch(/name/);
    expect(contract.checkAnswer({ status: 200, headers: jsonType, body: Buffer.from('{}') })).toMatch(/name/);
  });
});

describe('a document that cannot be used', () => {
  it.each([
    ['no JSON', 'nothing', /no JSON/],
    ['no paths', '{"openapi":"3.0.0"}', /no paths/],
    ['another version', '{"openapi":"4.0.0","paths":{}}', /version/],
    ['depth', `{"openapi":"3.0.0","paths":{},"x":${'['.repeat(200)}${']'.repeat(200)}}`, /nested too deeply/],
    ['size', `{"openapi":"3.0.0","paths":{},"x":"${'x'.repeat(2_200_000)}"}`, /too large/],
  ])('is told of as a whole: %s', (_, text, problem) => expect(createContracts(text)).toMatch(problem));

  it.each([
    ['an operation that is missing', document({}, {}, '/other'), /does not describe/],
    ['a reference out of it', document({ requestBody: { $ref: 'https://evil.test/x' } }), /leads out/],
    ['a reference to nothing', document({ requestBody: { $ref: '#/nothing' } }), /leads nowhere/],
    ['a reference to itself', document({ requestBody: { $ref: '#/paths/~1pets/post/requestBody' } }), /leads nowhere/],
  ])('is told of for the operation: %s', (_, text, problem) => {
    const contracts = createContracts(text);
    expect(typeof contracts === 'string' ? contracts : contracts.of('POST', '/pets')).toMatch(problem);
  });

  it.each([
    ['a pattern of another kind', { type: 'string', pattern: '(?=a)b' }],
    ['a type that is none', { type: 'strange' }],
    ['a reference that leads out', { $ref: 'https://evil.test/x' }],
  ])('throws when its schema is first needed: %s', (_, schema) => {
    const contract = contractOf(document(jsonBody(schema)));
    expect(() => contract.checkBody(jsonType, Buffer.from('"a"'))).toThrow();
  });
});
