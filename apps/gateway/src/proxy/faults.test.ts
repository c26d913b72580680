import { type Api, AuthType, type DenyRule } from '@keygate/proto/keymanager/v1/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyType } from '../apis/compiled-catalog.js';
import { anApi, aResource, aSubscription, catalogOf, type Entities } from '../apis/test/catalog.js';
import { type FaultName, faults } from '../pipeline/gateway-errors.js';
import type { Ports } from '../pipeline/ports.js';
import { call, exchangeBytes, head, startTestGateway, type TestGateway } from './test/gateway.js';
import { ok, RecordingBackend } from './test/recording-backend.js';

let backend: RecordingBackend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await RecordingBackend.start(ok(''));
  const api = anApi({ productionEndpoint: { urls: [backend.url], timeoutMillis: 0, trustedCertificates: [] } });
  gateway = await startTestGateway(catalogOf({ apis: [api] }));
});

afterAll(async () => {
  await gateway.stop();
  await backend.stop();
});

const pets = 'GET /petstore/1.0.0/pets';
const bearer = (token: string) => [`Authorization: Bearer ${token}`];
const codeOf = ({ body }: { readonly body: string }) => (JSON.parse(body) as { code: string }).code;

describe('a fault', () => {
  it.each<[FaultName, number, string, string, readonly string[]]>([
    ['missingCredentials', 401, '900902', pets, []],
    ['invalidCredentials', 401, '900901', pets, bearer('nonsense')],
    ['tokenExpired', 401, '900903', pets, bearer('expired')],
    ['undecidable', 503, '900900', pets, bearer('undecidable')],
    ['undecidable', 503, '900900', pets, bearer('unreachable')],
    ['scopeMissing', 403, '900910', pets, bearer('scopes-update')],
    ['severalCredentials', 400, '900901', pets, [...bearer('good'), ...bearer('good')]],
    ['noSandboxEndpoint', 403, '900901', pets, bearer('sandbox')],
    ['unknownContext', 404, '404', 'GET /nowhere', []],
    ['noSuchResource', 404, '404', 'GET /petstore/1.0.0/nothing', []],
    ['methodNotAllowed', 405, '405', 'DELETE /petstore/1.0.0/pets', []],
    ['badRequest', 400, '400', 'GET /petstore/1.0.0/../admin', []],
    ['targetTooLong', 414, '414', `GET /${'a'.repeat(8200)}`, []],
  ])('ends a call with %s: %d %s as JSON', async (fault, status, code, line, headers) => {
    const answer = await call(gateway.port, line, headers);
    expect([answer.status, codeOf(answer), gateway.ended.at(-1)?.fault]).toEqual([status, code, fault]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=UTF-8',
      'content-length': String(answer.body.length),
      'cache-control': 'no-store',
    });
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="Keygate"/);
    if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('says what is wrong in the documented words', async () => {
    const { body } = await call(gateway.port, pets, bearer('nonsense'));
    expect(JSON.parse(body)).toEqual({
      code: '900901',
      message: 'Invalid Credentials',
      description: 'Invalid Credentials. Make sure you have provided the correct security credentials',
    });
  });

  it('is XML for a client that prefers it', async () => {
    const accept = 'Accept: application/xml';
    expect(await call(gateway.port, pets, [accept])).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/xml; charset=UTF-8' },
      body:
        '<ams:fault xmlns:ams="http://wso2.org/apimanager/security"><ams:code>900902</ams:code>' +
        '<ams:message>Missing Credentials</ams:message><ams:description>Required OAuth credentials not provided. ' +
        'Make sure your API invocation call has a header: &#34;Authorization: Bearer ACCESS_TOKEN&#34;' +
        '</ams:description></ams:fault>',
    });
    expect((await call(gateway.port, 'GET /nowhere', [accept])).body).toContain('<am:type>Status report</am:type>');
  });

  it('has no body for HEAD, but the same head', async () => {
    const text = await exchangeBytes(gateway.port, head('HEAD /petstore/1.0.0/pets'));
    expect(text).toMatch(/^HTTP\/1\.1 401 .*\r\n(?:.+\r\n)*Content-Length: 1\d\d\r\n(?:.+\r\n)*\r\n$/);
  });

  it('carries CORS headers once the API is known, so that a browser lets its script read it', async () => {
    expect((await call(gateway.port, pets)).headers['access-control-allow-origin']).toBe('*');
    expect((await call(gateway.port, 'GET /nowhere')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it('repeats nothing of what was sent', async () => {
    const canary = 'CANARY0123456789';
    const answers = [
      await call(gateway.port, `GET /${canary}/x?${canary}`, bearer(canary)),
      await call(gateway.port, `GET /petstore/1.0.0/${canary}?access_token=${canary}`, bearer(canary)),
      await call(gateway.port, pets, bearer(canary)),
      await call(gateway.port, pets, bearer(`${canary} ${canary}`)),
      await call(gateway.port, `${canary} /petstore/1.0.0/pets`, bearer(canary)),
      await call(gateway.port, `GET /${canary}/..`, [`Accept: application/xml;x=${canary}`, `Origin: ${canary}`]),
    ];
    for (const answer of answers) expect(JSON.stringify(answer)).not.toContain(canary);
    expect(JSON.stringify(gateway.failures)).not.toContain(canary);
  });

  it('never reaches the backend', () => {
    expect(backend.received).toBe('');
  });
});

describe('what an API or the gateway is set to', () => {
  const endpoint = (url: string) => ({ urls: [url], timeoutMillis: 0, trustedCertificates: [] });
  const api = (given: Partial<Api>) => ({ apis: [anApi(given)] });
  const only = (onlyKeyType: KeyType) => ({ settings: { maxUrlBytes: 8192, onlyKeyType } });
  const security = {
    ...{ schemes: ['oauth2'], apiKeyHeader: '', audiences: ['shop'] },
    ...{ keyManagers: [], clientCertificates: [] },
  };
  const userOnly = aResource('GET /pets', { authType: AuthType.AUTH_TYPE_APPLICATION_USER });
  const denyRule: DenyRule = {
    id: 'rule-1',
    tenantDomain: 'carbon.super',
    enabled: true,
    subject: { $case: 'api', api: '/petstore/1.0.0' },
  };
  const broken = {
    forward: () => {
      throw new TypeError('a bug');
    },
  };

  it.each<[FaultName, number, string, Entities, string, Partial<Ports>]>([
    ['unsupportedTransport', 403, '403', api({ transports: ['https'] }), 'good', {}],
    ['apiBlocked', 503, '700700', api({ lifecycleStatus: 'BLOCKED' }), 'good', {}],
    ['notReady', 503, '900900', {}, 'good', { catalog: { current: () => undefined } }],
    ['gatewayBug', 500, '900900', {}, 'good', { forwarder: broken }],
    ['wrongTokenKind', 401, '900905', api({ resources: [userOnly] }), 'application', {}],
    ['audienceMissing', 403, '900914', api({ security }), 'good', {}],
    ['notSubscribed', 403, '900908', { subscriptions: [] }, 'good', {}],
    ['subscriptionBlocked', 401, '900907', { subscriptions: [aSubscription({ status: 'BLOCKED' })] }, 'good', {}],
    ['subscriptionInactive', 401, '900909', { subscriptions: [aSubscription({ status: 'ON_HOLD' })] }, 'good', {}],
    ['productionKeyRefused', 401, '900901', {}, 'good', only('SANDBOX')],
    ['sandboxKeyRefused', 401, '900901', {}, 'sandbox', only('PRODUCTION')],
    ['messageBlocked', 403, '900805', { denyRules: [denyRule] }, 'good', {}],
    [
      'noProductionEndpoint',
      403,
      '900901',
      api({ productionEndpoint: undefined, sandboxEndpoint: endpoint('http://sandbox.test') }),
      'good',
      {},
    ],
    ['noUsableEndpoint', 503, '303001', api({ productionEndpoint: endpoint('ftp://backend.test') }), 'good', {}],
  ])('ends a call with %s: %d %s', async (fault, status, code, entities, token, ports) => {
    const other = await startTestGateway(catalogOf(entities), { ports });
    try {
      const answer = await call(other.port, pets, bearer(token));
      expect([answer.status, codeOf(answer), other.ended[0]?.fault]).toEqual([status, code, fault]);
      expect(JSON.parse(answer.body)).toMatchObject({ message: faults[fault].message });
      expect(JSON.stringify(answer)).not.toContain('a bug');
    } finally {
      await other.stop();
    }
  });
});

it('a preflight is answered without a token and without the backend', async () => {
  const headers = ['Origin: https://app.test', 'Access-Control-Request-Method: POST'];
  expect(await call(gateway.port, 'OPTIONS /petstore/1.0.0/pets', headers)).toMatchObject({
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      allow: 'GET, POST, HEAD',
    },
    body: '',
  });
  expect(backend.received).toBe('');
});
