import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anApi, catalogOf } from '../apis/test/catalog.js';
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

describe('a fault', () => {
  it.each([
    [pets, [], 401, '900902'],
    [pets, bearer('nonsense'), 401, '900901'],
    [pets, bearer('expired'), 401, '900903'],
    [pets, bearer('undecidable'), 503, '900900'],
    [pets, bearer('unreachable'), 503, '900900'],
    [pets, bearer('scopes-update'), 403, '900910'],
    [pets, [...bearer('good'), ...bearer('good')], 400, '900901'],
    [pets, bearer('sandbox'), 403, '900901'],
    ['GET /nowhere', [], 404, '404'],
    ['GET /petstore/1.0.0/nothing', [], 404, '404'],
    ['DELETE /petstore/1.0.0/pets', [], 405, '405'],
    ['GET /petstore/1.0.0/../admin', [], 400, '400'],
    [`GET /${'a'.repeat(8200)}`, [], 414, '414'],
    [pets, ['Upgrade: websocket', 'Connection: Upgrade'], 501, '501'],
  ])('%.40s with %j: %d %s as JSON', async (line, headers, status, code) => {
    const answer = await call(gateway.port, line, headers);
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([status, code]);
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
