import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toCatalogApi } from '../../src/apis/catalog-api.js';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';
const policies = `${publisher}/operation-policies`;
const apis = `${publisher}/apis`;

const specification = (name: string, more = '') =>
  `type: operation_policy\nversion: v4.2.0\ndata:\n  category: Mediation\n  name: ${name}\n  version: v1\n` +
  `  displayName: Stamp\n  description: Stamps it\n  policyAttributes:\n    - name: stamp\n      required: true\n${more}` +
  '  applicableFlows: [request, response]\n  supportedGateways: [Synapse]\n  supportedApiTypes: [HTTP]\n';
const definition =
  '<property name="X-Stamp" value="{{stamp}}" scope="transport" type="STRING"/>' +
  '<property name="X-Trace" scope="transport" action="remove"/><log level="full"/>';

async function upload(world: World, token: string, spec: string, text: string) {
  const form = new FormData();
  form.set('policySpecFile', new Blob([spec]), 'policy.yaml');
  form.set('synapsePolicyDefinitionFile', new Blob([text]), 'policy.j2');
  const encoded = new Response(form);
  const headers = { 'content-type': encoded.headers.get('content-type') ?? '' };
  return world.call('POST', policies, { token, headers, body: await encoded.text() });
}

let world: World;
let admin: string;
let token: string;
beforeAll(async () => {
  world = await startWorld();
  admin = await world.logIn('boss', 'admin');
  token = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
});
afterAll(() => world.stop());

const attached = (policyName: string, parameters: Json = {}, more: Json = {}) => ({
  policyName,
  policyVersion: 'v1',
  parameters,
  ...more,
});
const create = (name: string, more: Json) =>
  world.call('POST', apis, { token, body: { name, context: `/${name}`, version: '1.0.0', ...more } });

/** What gateways would be told of the API. */
async function catalogOf(id: string) {
  const api = await world.storage.apis.findApi(id);
  if (!api) throw new Error('no such API');
  const revision = { id: 'r', apiId: id, number: 1, description: '', body: api.body, createdAt: 0 };
  const deployment = {
    apiId: id,
    environment: 'Default',
    vhost: '',
    revisionId: 'r',
    displayOnDevportal: true,
    deployedAt: 0,
  };
  return toCatalogApi({ api, revision, deployment }, { open: () => '', stickyKey: () => Buffer.alloc(0) });
}

describe('operation policies', () => {
  it('are there from the start', async () => {
    const { status, body } = await world.call('GET', policies, { token });
    expect(status).toBe(200);
    expect(body.list.map(({ name, version }: Json) => `${name} ${version}`)).toEqual(
      expect.arrayContaining(['addHeader v1', 'removeHeader v1', 'jsonToXML v1', 'revokeOneTimeToken v1']),
    );
    const add = body.list.find(({ name }: Json) => name === 'addHeader');
    expect(add).toMatchObject({
      displayName: 'Add Header',
      category: 'Mediation',
      applicableFlows: ['request', 'response', 'fault'],
      policyAttributes: [
        { name: 'headerName', required: true },
        { name: 'headerValue', required: true },
      ],
    });
    expect((await world.call('GET', `${policies}/${add.id}`, { token })).body).toEqual(add);
    expect((await world.call('GET', `${policies}/nothing`, { token })).status).toBe(404);
    expect((await world.call('GET', `${policies}?query=name:jsonToXML`, { token })).body.count).toBe(1);
  });

  it('are uploaded by those who may, and each version once', async () => {
    expect((await upload(world, token, specification('stamp'), definition)).status).toBe(401);
    const { status, body } = await upload(world, admin, specification('stamp'), definition);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'stamp',
      version: 'v1',
      displayName: 'Stamp',
      policyAttributes: [{ name: 'stamp' }],
    });
    expect((await upload(world, admin, specification('stamp'), definition)).status).toBe(409);
    expect((await upload(world, admin, specification('addHeader'), definition)).status).toBe(409);
    const foreigner = await world.logIn('boss@elsewhere.com', 'admin');
    const elsewhere = await world.call('GET', policies, { token: foreigner });
    expect(elsewhere.body.list.map(({ name }: Json) => name)).not.toContain('stamp');
  });

  it.each([
    ['a specification that is none', 'nothing', definition, /specification/],
    ['an alias', `a: &a [1]\nb: *a\n${specification('alias')}`, definition, /YAML/],
    ['a name that is none', specification('"a b"'), definition, /name/],
    ['broken XML', specification('one'), '<property', /no XML/],
    ['a mediator no gateway knows', specification('two'), '<script language="js">1</script>', /<script>/],
    ['another scope', specification('three'), '<property name="a" value="b" scope="axis2"/>', /transport scope/],
    [
      'an expression',
      specification('four'),
      '<property name="a" expression="$ctx:b" scope="transport"/>',
      /a name and a value/,
    ],
    ['template commands', specification('five'), '{% if a %}<log/>{% endif %}', /template/],
    ['an entity', specification('six'), '<!DOCTYPE a [<!ENTITY b "c">]><log/>', /declares types/],
    ['nothing to do', specification('seven'), '<log/>', /does nothing/],
  ])('are refused with %s', async (_, spec, text, problem) => {
    const { status, body } = await upload(world, admin, spec, text);
    expect(status).toBe(400);
    expect(body.description).toMatch(problem);
  });
});

describe('attaching policies', () => {
  it('reaches gateways as what they come to, of the API and of its operations', async () => {
    await upload(world, admin, specification('seal'), definition);
    const { status, body } = await create('attached', {
      responseCachingEnabled: true,
      cacheTimeout: 120,
      enableSchemaValidation: true,
      apiPolicies: { request: [attached('addHeader', { headerName: 'X-A', headerValue: '1' })], fault: null },
      operations: [
        {
          target: '/pets',
          verb: 'GET',
          operationPolicies: {
            request: [attached('seal', { stamp: 'red' })],
            response: [attached('removeHeader', { headerName: 'X-B' }, { policyId: 'whatever' })],
          },
        },
        { target: '/pets', verb: 'POST' },
      ],
    });
    expect(status).toBe(201);
    expect(body.operations[0].operationPolicies.request[0]).toMatchObject({
      policyName: 'seal',
      policyVersion: 'v1',
      parameters: { stamp: 'red' },
    });
    const { mediation, resources } = await catalogOf(body.id);
    expect(mediation).toMatchObject({
      request: [{ name: 'addHeader', version: 'v1', parameters: '{"headerName":"X-A","headerValue":"1"}' }],
      cacheSeconds: 120,
    });
    expect(Object.keys(JSON.parse(mediation?.validatedBy ?? '{}').paths)).toEqual(['/pets']);
    expect(resources[0]?.mediation).toEqual({
      request: [
        { name: 'addHeader', version: 'v1', parameters: '{"headerName":"X-Stamp","headerValue":"red"}' },
        { name: 'removeHeader', version: 'v1', parameters: '{"headerName":"X-Trace"}' },
      ],
      response: [{ name: 'removeHeader', version: 'v1', parameters: '{"headerName":"X-B"}' }],
      fault: [],
      cacheSeconds: 0,
      validatedBy: '',
    });
    expect(resources[1]?.mediation).toBeUndefined();
    // What it comes to is the server's to say.
    const forged = {
      ...body.operations[1],
      operationPolicies: { request: [attached('seal', { stamp: 'x' }, { steps: [{ name: 'evil' }] })] },
    };
    await world.call('PUT', `${apis}/${body.id}`, { token, body: { operations: [forged] } });
    expect(JSON.stringify((await catalogOf(body.id)).resources)).not.toContain('evil');
  });

  it('says nothing to gateways where nothing is done', async () => {
    const { body } = await create('idle', {});
    expect((await catalogOf(body.id)).mediation).toBeUndefined();
  });

  it.each([
    ['a policy that is not there', 'request', attached('mystery'), /There is no policy mystery/],
    ['another version', 'request', attached('addHeader', {}, { policyVersion: 'v9' }), /version v9/],
    ['another flow', 'response', attached('jsonToXML'), /not for the response flow/],
    [
      'a parameter that is missing',
      'request',
      attached('addHeader', { headerName: 'X-A' }),
      /needs the parameter headerValue/,
    ],
    [
      'a name that is none',
      'request',
      attached('addHeader', { headerName: 'X A', headerValue: '1' }),
      /names no header/,
    ],
    [
      'a second line',
      'request',
      attached('addHeader', { headerName: 'X-A', headerValue: '1\r\nX-B: 2' }),
      /cannot stand/,
    ],
    [
      'a header of the gateway',
      'request',
      attached('addHeader', { headerName: 'X_JWT_Assertion', headerValue: '1' }),
      /gateway's own/,
    ],
    ['the framing', 'response', attached('removeHeader', { headerName: 'Content-Length' }), /gateway's own/],
    ['no list', 'request', 'addHeader', /not lists/],
  ])('is refused with %s', async (_, flow, policy, problem) => {
    const name = `r${Math.random().toString(36).slice(2)}`;
    const answer = await create(name, {
      operations: [
        { target: '/a', verb: 'GET', operationPolicies: { [flow]: typeof policy === 'string' ? policy : [policy] } },
      ],
    });
    expect(answer.status).toBe(400);
    expect(answer.body.description).toMatch(problem);
    const asApi = await create(name, { apiPolicies: { [flow]: typeof policy === 'string' ? policy : [policy] } });
    expect(asApi.status).toBe(400);
  });
});
