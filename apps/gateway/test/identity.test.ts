import { generateKeyPairSync, sign } from 'node:crypto';
import { waitUntil } from '@keygate/common/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send, startTestBed, type TestBed } from './support/test-gateway.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = {
  kid: 'k1',
  alg: 'ES256',
  publicJwk: JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }),
  maxAgeSeconds: 120,
  issuer: '',
};
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

function jwt(claims: object = {}, header: object = {}, key = privateKey): string {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { sub: 'demo', exp: now + 3_600, iat: now, jti: String(Math.random()), ...claims };
  const input = `${encode({ typ: 'at+jwt', alg: 'ES256', kid: 'k1', ...header })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

describe('identity at the gateway', () => {
  let bed: TestBed;
  beforeEach(async () => {
    bed = await startTestBed();
    bed.keyManager.change({ $case: 'signingKey', signingKey });
    await waitUntil(async () => (await send(`${bed.urls.https}/jwks`)).body.includes('k1'), { what: 'the key' });
  });
  afterEach(() => bed.stop());

  it('lets a JWT in that the key manager knows, and asks about it once', async () => {
    const token = jwt();
    bed.keyManager.grant(token);
    const before = bed.keyManager.validations;
    for (let call = 0; call < 3; call++) expect((await bed.call(token)).status).toBe(200);
    expect(bed.keyManager.validations).toBe(before + 1);
  });

  it('refuses what is forged, an id_token, or expired without asking the key manager', async () => {
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const before = bed.keyManager.validations;
    for (const token of [jwt({}, {}, other), jwt({}, { typ: 'JWT' }), jwt({}, { alg: 'none' })]) {
      const { status, body } = await bed.call(token);
      expect([status, JSON.parse(body).code]).toEqual([401, '900901']);
    }
    const expired = await bed.call(jwt({ exp: 1_000 }));
    expect([expired.status, JSON.parse(expired.body).code]).toEqual([401, '900903']);
    expect(bed.keyManager.validations).toBe(before);
  });

  it('refuses a JWT that is signed well and not known, and one that was revoked', async () => {
    expect((await bed.call(jwt())).status).toBe(401);
    const token = jwt();
    bed.keyManager.grant(token);
    expect((await bed.call(token)).status).toBe(200);
    bed.keyManager.forget(token);
    bed.keyManager.revoke({ $case: 'grantId', grantId: '6f1c2b7e-0000-4000-8000-000000000001' });
    await waitUntil(async () => (await bed.call(token)).status === 401, { what: 'the revocation' });
  });

  it('answers 503, never 200 nor 401, for an unknown but well signed JWT while the key manager is away', async () => {
    const known = jwt();
    bed.keyManager.grant(known);
    expect((await bed.call(known)).status).toBe(200);
    await bed.keyManager.stop();
    const { status, headers } = await bed.call(jwt());
    expect([status, headers['retry-after']]).toEqual([503, '2']);
    expect((await bed.call(known)).status).toBe(200);
    // What is forged is refused all the same: nobody has to be asked about that.
    expect((await bed.call(jwt({}, { typ: 'JWT' }))).status).toBe(401);
  });

  it('takes a key out that was removed', async () => {
    const token = jwt();
    bed.keyManager.change({ $case: 'signingKeyDeleted', signingKeyDeleted: 'k1' });
    await waitUntil(async () => !(await send(`${bed.urls.https}/jwks`)).body.includes('k1'), { what: 'the removal' });
    // Nothing can be said of it here any more: the key manager, which knows no such token, decides.
    expect((await bed.call(token)).status).toBe(401);
  });

  it('serves the key set from the catalogue, also while the key manager is away and after a restart', async () => {
    const { headers, body } = await send(`${bed.urls.https}/jwks`);
    expect(headers).toMatchObject({ 'cache-control': 'public, max-age=120', 'access-control-allow-origin': '*' });
    expect(JSON.parse(body)).toEqual({ keys: [JSON.parse(signingKey.publicJwk)] });
    await bed.keyManager.stop();
    expect((await send(`${bed.urls.https}/jwks`)).body).toBe(body);
    await bed.restart();
    expect((await send(`${bed.urls.https}/jwks`)).body).toBe(body);
  });

  it('serves metadata with its own address, and what it last heard while the key manager is away', async () => {
    bed.keyManager.onDiscovery = (gatewayUrl) => ({
      metadata: JSON.stringify({ issuer: 'https://km/oauth2/token', token_endpoint: `${gatewayUrl}/token` }),
      keyManagerUrl: 'https://km',
      authorizationEndpoint: 'https://km/oauth2/authorize',
    });
    const at = `${bed.urls.https}/.well-known`;
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const { status, headers, body } = await send(`${at}/${name}`);
      expect([status, headers['access-control-allow-origin']]).toEqual([200, '*']);
      expect(JSON.parse(body).token_endpoint).toBe(`https://localhost:${bed.gateway.ports.https}/token`);
    }
    await bed.keyManager.stop();
    expect((await send(`${at}/openid-configuration`)).status).toBe(200);
    expect((await send(`${at}/something-else`)).status).toBe(404);
  });

  it('answers 503 for metadata that nobody has told it', async () => {
    await bed.keyManager.stop();
    expect((await send(`${bed.urls.https}/.well-known/openid-configuration`)).status).toBe(503);
    expect((await send(`${bed.urls.https}/userinfo`, { headers: { authorization: 'Bearer x' } })).status).toBe(503);
  });

  it('passes userinfo on, with the key manager’s refusals', async () => {
    bed.keyManager.onUserInfo = ({ authorization, parameters }) =>
      authorization === 'Bearer good' || parameters[0]?.value === 'good'
        ? { result: { $case: 'claims', claims: '{"sub":"alice"}' } }
        : {
            result: {
              $case: 'error',
              error: {
                error: 'invalid_token',
                errorDescription: 'The access token is not valid.',
                status: 401,
                wwwAuthenticate: 'Bearer error="invalid_token"',
              },
            },
          };
    const url = `${bed.urls.https}/userinfo`;
    const { status, headers, body } = await send(url, { headers: { authorization: 'Bearer good' } });
    expect([status, headers['cache-control'], JSON.parse(body)]).toEqual([200, 'no-store', { sub: 'alice' }]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send(url, { method: 'POST', headers: form, body: 'access_token=good' })).status).toBe(200);
    const refused = await send(url, { headers: { authorization: 'Bearer bad' } });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
    expect((await send(url, { method: 'DELETE' })).status).toBe(405);
    expect((await send(url, { method: 'OPTIONS' })).status).toBe(204);
  });
});

describe('a gateway with a public URL', () => {
  it('is named by it in the metadata', async () => {
    const bed = await startTestBed({ gateway: { publicUrl: 'https://api.example/' } });
    const asked: string[] = [];
    bed.keyManager.onDiscovery = (gatewayUrl) => {
      asked.push(gatewayUrl);
      return { metadata: '{}', keyManagerUrl: '', authorizationEndpoint: '' };
    };
    expect((await send(`${bed.urls.https}/.well-known/openid-configuration`)).status).toBe(200);
    expect(asked).toEqual(['https://api.example']);
    await bed.stop();
  });
});
