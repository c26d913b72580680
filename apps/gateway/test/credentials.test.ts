import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { waitUntil } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
import { type Api, AuthType } from '@keygate/proto/keymanager/v1/catalog';
import { TokenKind } from '@keygate/proto/keymanager/v1/key_validation';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FaultName } from '../src/pipeline/gateway-errors.js';
import { demoApi } from './support/demo-catalog.js';
import { metric, send, startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
let backend: Server;
let forwarded: IncomingMessage[] = [];
let keySet: object = { keys: [] };
let shown: { cert: string; key: string };
let other: { cert: string; key: string };

const idp = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function jwt(header: object, claims: object, { privateKey }: typeof idp): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'ES256', ...header })}.${part({ exp: Date.now() / 1_000 + 600, ...claims })}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

const pets = { verb: 'GET', target: '/pets', authType: AuthType.AUTH_TYPE_ANY, scopes: [], throttlingTier: '' };

function api(name: string, schemes: string[], more: Partial<Api> = {}): Api {
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const security = {
    schemes,
    apiKeyHeader: '',
    audiences: [],
    keyManagers: [],
    clientCertificates: [],
    ...more.security,
  };
  const context = `/${name}/1.0.0`;
  return demoApi(url, { id: name, name, effectiveContext: context, resources: [pets], ...more, security });
}

beforeAll(async () => {
  backend = createServer((incoming, response) => {
    if (incoming.url === '/jwks') return void response.end(JSON.stringify(keySet));
    forwarded.push(incoming);
    response.end('{}');
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  bed = await startTestBed({ gateway: { credentials: { keySets: { allowPrivateNetworks: true } } } });
  const { keyManager, dataDir } = bed;
  shown = await ensureCertificate(dataDir, { name: 'app', commonName: 'app', kind: 'client' });
  other = await ensureCertificate(dataDir, { name: 'other', commonName: 'other', kind: 'client' });
  const certificate = { alias: 'app', pem: shown.cert, throttlingTier: 'Gold', keyTypes: [] };
  const apis = [
    api('tokens', ['oauth2'], { cors: { ...noCors, enabled: true, allowOrigins: ['https://shop.test'] } }),
    api('keys', ['api_key', 'oauth2']),
    api('basic', ['basic_auth']),
    api('mtls', ['mutualssl'], { security: { clientCertificates: [certificate] } as never, defaultContext: '/mtls' }),
    api('created', ['mutualssl'], { lifecycleStatus: 'CREATED' }),
  ];
  for (const each of apis) keyManager.change({ $case: 'api', api: each });
  for (const { id } of apis) {
    const subscription = { id, applicationId: 'app-1', apiId: id, throttlingTier: 'Unlimited', status: 'UNBLOCKED' };
    keyManager.change({ $case: 'subscription', subscription });
  }
  const jwksUri = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/jwks`;
  const common = { tenantDomain: 'carbon.super', enabled: true, pem: '', consumerKeyClaim: '', scopesClaim: '' };
  const idpOf = (name: string, tokenType: string) => ({
    ...{ ...common, id: name, name, issuer: `https://${name}.test`, tokenType, jwksUri },
    ...{ claimMapping: {}, createdAt: 1 },
  });
  keyManager.change({ $case: 'keyManager', keyManager: idpOf('direct', 'DIRECT') });
  keyManager.change({ $case: 'keyManager', keyManager: idpOf('exchanged', 'EXCHANGED') });
  const mapping = { id: 'mapping', consumerKey: 'mapped', applicationId: 'app-1', keyType: 1, keyManager: 'direct' };
  keyManager.change({ $case: 'consumerKey', consumerKey: mapping });
  const publicJwk = JSON.stringify(ours.publicKey.export({ format: 'jwk' }));
  const signingKey = { kid: 'ours', alg: 'ES256', publicJwk, maxAgeSeconds: 60, issuer: '' };
  keyManager.change({ $case: 'signingKey', signingKey });
  keyManager.grant('good', { scopes: [] });
  const keyFacts = { clientId: '', user: '', tokenKind: TokenKind.TOKEN_KIND_API_KEY, scopes: [] };
  keyManager.grant('kgak_good', keyFacts);
  keyManager.grant('kgak_elsewhere', { ...keyFacts, permittedIps: ['192.0.2.0/24'] });
  keyManager.grant('kgak_shop', { ...keyFacts, permittedReferers: ['*.shop.test/*'] });
  await waitUntil(
    async () => (await call('/created/1.0.0/pets', { 'internal-key': internalKey('created') })).status === 200,
    {
      what: 'the catalogue',
    },
  );
});
afterAll(async () => {
  await bed.stop();
  backend.closeAllConnections();
  backend.close();
});
beforeEach(() => {
  forwarded = [];
});

const noCors = { enabled: false, allowOrigins: [], allowCredentials: false, allowHeaders: [], allowMethods: [] };
const call = (path: string, headers: Record<string, string> = {}) => send(`${bed.urls.https}${path}`, { headers });
const codeOf = ({ status, body }: { status: number; body: string }) => [
  status,
  (JSON.parse(body) as { code?: string }).code,
];
/** How many calls this fault has ended. */
const ended = async (fault: FaultName) => (await metric(bed, `faults_total\\{fault="${fault}"`)) || 0;
const internalKey = (id: string) =>
  jwt(
    { typ: 'internal-key+jwt', kid: 'ours' },
    { sub: 'pat@carbon.super', api_id: id, keytype: 'PRODUCTION', token_type: 'InternalKey', iat: Date.now() / 1_000 },
    ours,
  );

describe('API keys', () => {
  it('open an API from header or query, and go no further', async () => {
    expect((await call('/keys/1.0.0/pets?a=1&apikey=kgak_good&b=2')).status).toBe(200);
    expect((await call('/keys/1.0.0/pets', { APIKEY: 'kgak_good', authorization: 'Basic eDp5' })).status).toBe(200);
    expect(forwarded.map(({ url }) => url)).toEqual(['/pets?a=1&b=2', '/pets']);
    expect(forwarded.map(({ headers }) => JSON.stringify(headers)).join()).not.toMatch(/kgak_|authorization/i);
  });

  it('are refused with the challenges of all schemes, and never repeated', async () => {
    const refused = await call('/keys/1.0.0/pets', { apikey: 'kgak_wrong' });
    expect(codeOf(refused)).toEqual([401, '900901']);
    expect(refused.headers['www-authenticate']).toBe('Bearer realm="Keygate", API Key realm="WSO2 API Manager"');
    expect(JSON.stringify(refused)).not.toContain('kgak_wrong');
    expect(codeOf(await call('/keys/1.0.0/pets'))).toEqual([401, '900902']);
    expect(codeOf(await call('/keys/1.0.0/pets', { apikey: 'good' }))).toEqual([401, '900901']);
    expect(codeOf(await call('/keys/1.0.0/pets', { authorization: 'Bearer kgak_good' }))).toEqual([401, '900901']);
    expect(codeOf(await call('/tokens/1.0.0/pets', { apikey: 'kgak_good' }))).toEqual([401, '900902']);
  });

  it('may come from where they were made for', async () => {
    expect(codeOf(await call('/keys/1.0.0/pets', { apikey: 'kgak_elsewhere' }))).toEqual([403, '900908']);
    expect(codeOf(await call('/keys/1.0.0/pets', { apikey: 'kgak_shop' }))).toEqual([403, '900908']);
    expect(await ended('keyRestricted')).toBe(2);
    const headers = { apikey: 'kgak_shop', referer: 'https://www.shop.test/cart' };
    expect((await call('/keys/1.0.0/pets', headers)).status).toBe(200);
  });

  it('end when they are revoked', async () => {
    const grantId = '6f1c2b7e-0000-4000-8000-00000000abcd';
    const facts = { clientId: '', user: '', tokenKind: TokenKind.TOKEN_KIND_API_KEY, scopes: [], grantId };
    bed.keyManager.grant('kgak_short', facts);
    expect((await call('/keys/1.0.0/pets', { apikey: 'kgak_short' })).status).toBe(200);
    bed.keyManager.forget('kgak_short');
    bed.keyManager.revoke({ $case: 'grantId', grantId });
    await waitUntil(async () => (await call('/keys/1.0.0/pets', { apikey: 'kgak_short' })).status === 401, {
      what: 'the end of the key',
    });
  });
});

describe('passwords', () => {
  const as = (login: string) => ({ authorization: `Basic ${Buffer.from(login).toString('base64')}` });
  let asked: string[] = [];
  beforeAll(() => {
    bed.keyManager.onLogin = ({ userName, password, clientAddress }) => {
      asked.push(`${userName} ${clientAddress}`);
      const { revocationSeq } = bed.keyManager;
      if (userName === 'slow') return { result: { $case: 'refused', refused: { retryAfter: 12 } }, revocationSeq };
      if (password !== 'päss:word') return { result: { $case: 'refused', refused: { retryAfter: 0 } }, revocationSeq };
      const tenantDomain = userName === 'eve' ? 'other.com' : 'carbon.super';
      const user = { user: `${userName}@${tenantDomain}`, tenantDomain, roles: [], scopes: [], checkedAt: Date.now() };
      return { result: { $case: 'user', user }, revocationSeq };
    };
  });
  beforeEach(() => {
    asked = [];
  });

  it('are asked about once, and end with the tokens of their user', async () => {
    expect((await call('/basic/1.0.0/pets', as('ann:päss:word'))).status).toBe(200);
    expect((await call('/basic/1.0.0/pets', as('ann:päss:word'))).status).toBe(200);
    expect(asked).toEqual(['ann 127.0.0.1']);
    expect(forwarded[0]?.headers.authorization).toBeUndefined();
    bed.keyManager.revoke({ $case: 'subject', subject: 'ann@carbon.super' });
    await waitUntil(
      async () => {
        await call('/basic/1.0.0/pets', as('ann:päss:word'));
        return asked.length > 1;
      },
      { what: 'a second question' },
    );
  });

  it('are refused when wrong, slowed down, of another tenant, or where tokens belong', async () => {
    const wrong = await call('/basic/1.0.0/pets', as('ann:wrong'));
    expect(codeOf(wrong)).toEqual([401, '900901']);
    expect(wrong.headers['www-authenticate']).toBe('Basic realm="Keygate", charset="UTF-8"');
    const slowed = await call('/basic/1.0.0/pets', as('slow:päss:word'));
    expect([...codeOf(slowed), slowed.headers['retry-after']]).toEqual([429, '900901', '12']);
    expect(codeOf(await call('/basic/1.0.0/pets', as('eve:päss:word')))).toEqual([403, '900908']);
    expect([await ended('loginsSlowed'), await ended('otherTenantsUser')]).toEqual([1, 1]);
    expect(codeOf(await call('/basic/1.0.0/pets', { authorization: 'Bearer good' }))).toEqual([401, '900902']);
    expect(codeOf(await call('/tokens/1.0.0/pets', as('ann:päss:word')))).toEqual([401, '900902']);
  });

  it('that nobody can judge are 503', async () => {
    bed.keyManager.onLogin = () => {
      throw Object.assign(new Error('busy'), { code: 8 });
    };
    expect((await call('/basic/1.0.0/pets', as('bob:päss:word'))).status).toBe(503);
  });
});

describe('internal keys', () => {
  it('open their API in any state and with any scheme, and no other', async () => {
    const headers = { 'Internal-Key': internalKey('created') };
    expect((await call('/created/1.0.0/pets', headers)).status).toBe(200);
    expect(forwarded[0]?.headers['internal-key']).toBeUndefined();
    expect((await call('/created/1.0.0/pets')).status).toBe(404);
    expect((await call('/created/1.0.0/pets', { 'Internal-Key': 'x' })).status).toBe(404);
    expect(codeOf(await call('/tokens/1.0.0/pets', headers))).toEqual([403, '900908']);
    expect(await ended('otherApisKey')).toBe(1);
    expect((await call('/tokens/1.0.0/pets', { 'Internal-Key': internalKey('tokens') })).status).toBe(200);
    const asToken = { authorization: `Bearer ${internalKey('tokens')}` };
    expect(codeOf(await call('/tokens/1.0.0/pets', asToken))).toEqual([401, '900901']);
  });
});

describe('mutual TLS', () => {
  const callWith = (path: string, tls: RequestOptions, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      const options = { headers, rejectUnauthorized: false, agent: false, ...tls };
      const sent = request(`${bed.urls.https}${path}`, options, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });

  it.each(['/mtls/1.0.0/pets', '/mtls/pets'])('%s opens to the uploaded certificate alone', async (path) => {
    const before = await ended('certificateRequired');
    expect(await callWith(path, shown)).toBe(200);
    // From the same CA, which was not uploaded.
    expect(await callWith(path, other)).toBe(401);
    expect(await callWith(path, {})).toBe(401);
    const named = { 'x-wso2-client-certificate': encodeURIComponent(shown.cert) };
    expect(await callWith(path, {}, named)).toBe(401);
    expect(await callWith(path, other, named)).toBe(401);
    expect((await ended('certificateRequired')) - before).toBe(4);
  });
});

describe('tokens of other key managers', () => {
  const token = (claims: object = {}, pair = idp) =>
    jwt({ typ: 'JWT', kid: 'k1' }, { iss: 'https://direct.test', sub: 'joe', azp: 'mapped', ...claims }, pair);
  const callWith = async (value: string) =>
    codeOf(await call('/tokens/1.0.0/pets', { authorization: `Bearer ${value}` }));

  it('are judged by the published keys, and stand for the consumer key they name', async () => {
    keySet = { keys: [{ ...idp.publicKey.export({ format: 'jwk' }), kid: 'k1' }] };
    expect(await callWith(token())).toEqual([200, undefined]);
    expect(await callWith(token({ azp: 'unmapped' }))).toEqual([403, '900908']);
    expect(await callWith(token({ azp: 'demoConsumerKey' }))).toEqual([403, '900908']);
    expect(await callWith(token({}, ours))).toEqual([401, '900901']);
    expect(await callWith(token({ iss: 'https://exchanged.test' }))).toEqual([500, '900900']);
    expect(await ended('mustBeExchanged')).toBe(1);
    expect((await callWith(token({ iss: 'https://nobody.test' })))[0]).toBe(401);
  });
});

describe('CORS', () => {
  const preflight = { origin: 'https://shop.test', 'access-control-request-method': 'POST' };
  const namesOf = (url: string, method: string, headers: Record<string, string>) =>
    new Promise<string[]>((resolve, reject) => {
      const sent = request(url, { method, headers, rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.rawHeaders.filter((_, index) => index % 2 === 0));
      });
      sent.on('error', reject);
      sent.end();
    });

  it.each(['/token', '/revoke', '/userinfo', '/jwks', '/.well-known/openid-configuration'])(
    'a preflight of %s needs no credentials',
    async (path) => {
      const answer = await send(`${bed.urls.https}${path}`, { method: 'OPTIONS', headers: preflight });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, '*']);
      expect(answer.headers['access-control-allow-headers']).toContain('authorization');
    },
  );

  it('names are spelled as in the books', async () => {
    const token = await namesOf(`${bed.urls.https}/token`, 'POST', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(token).toContain('Access-Control-Allow-Origin');
    const names = await namesOf(`${bed.urls.https}/tokens/1.0.0/pets`, 'GET', { origin: 'https://shop.test' });
    expect(names).toEqual(expect.arrayContaining(['Access-Control-Allow-Origin', 'WWW-Authenticate']));
  });

  it('`/authorize` is read by no page', async () => {
    const { headers } = await send(`${bed.urls.https}/authorize`, { headers: { origin: 'https://shop.test' } });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
