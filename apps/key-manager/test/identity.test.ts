import { randomUUID } from 'node:crypto';
import { IdentityServiceClient } from '@keygate/proto/keymanager/v1/identity';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../src/storage/memory/memory-storage.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe('what a key manager tells of itself', () => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let origin: string;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({
      keyManager: { gatewayUrl: 'https://gateway.example', oauth2: { accessTokenFormat: 'jwt' } },
    });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    origin = keyManager.urls.https;
  });
  afterAll(() => keyManager.stop());

  const token = async (scope: string) =>
    (await keyManager.post('/oauth2/token', { grant_type: 'password', ...alice, scope }, authorization)).body;

  it.each([
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/oauth2/token',
    '/oauth2/token/.well-known/openid-configuration',
    '/t/carbon.super/oauth2/token/.well-known/openid-configuration',
  ])('is at %s, with the port that is really bound', async (path) => {
    const { status, headers, body } = await keyManager.send('GET', path);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(body).toMatchObject({
      issuer: `${origin}/oauth2/token`,
      authorization_endpoint: `${origin}/oauth2/authorize`,
      token_endpoint: `${origin}/oauth2/token`,
      userinfo_endpoint: `${origin}/oauth2/userinfo`,
      jwks_uri: `${origin}/oauth2/jwks`,
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('answers 405 to other methods, and to a preflight', async () => {
    for (const path of ['/.well-known/openid-configuration', '/oauth2/jwks']) {
      expect((await keyManager.send('POST', path)).status).toBe(405);
      expect((await keyManager.send('OPTIONS', path)).status).toBe(204);
      expect((await keyManager.send('HEAD', path)).status).toBe(200);
    }
  });

  it('has the keys that tokens and id_tokens are verified with', async () => {
    const { headers, text } = await keyManager.send('GET', '/oauth2/jwks');
    expect(headers['cache-control']).toBe('public, max-age=300');
    const jwks = JSON.parse(text);
    expect(jwks.keys.map(({ alg }: { alg: string }) => alg).sort()).toEqual(['ES256', 'RS256']);
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(Object.keys(jwks.keys[0])).not.toContain(secret);
    const { access_token: accessToken, id_token: idToken } = await token('openid');
    const issuer = `${origin}/oauth2/token`;
    const access = await jwtVerify(String(accessToken), createLocalJWKSet(jwks), { issuer, typ: 'at+jwt' });
    expect(access.protectedHeader.alg).toBe('RS256');
    const { payload } = await jwtVerify(String(idToken), createLocalJWKSet(jwks), { issuer });
    expect(payload.sub).toBe('alice@carbon.super');
  });

  it('answers userinfo over GET and POST, for a tenant as well', async () => {
    const { access_token: accessToken } = await token('openid profile');
    const bearer = { authorization: `Bearer ${accessToken}` };
    for (const path of ['/oauth2/userinfo', '/t/carbon.super/oauth2/userinfo']) {
      const { status, headers, body } = await keyManager.send('GET', path, bearer);
      expect([status, headers['cache-control'], body.sub]).toEqual([200, 'no-store', 'alice@carbon.super']);
      expect((await keyManager.post(path, { access_token: String(accessToken) })).body.sub).toBe('alice@carbon.super');
    }
  });

  it('grants the scopes of OpenID Connect, unless an API has bound one of those names to a role', async () => {
    await keyManager.storage.sharedScopes.createScope({
      id: randomUUID(),
      tenantDomain: 'carbon.super',
      name: 'groups',
      displayName: 'groups',
      description: '',
      bindings: ['writers'],
    });
    expect((await token('openid profile email groups unknown')).scope).toBe('email openid profile');
  });

  it('answers userinfo with the challenges of RFC 6750 §3.1', async () => {
    const unknown = await keyManager.send('GET', '/oauth2/userinfo', { authorization: 'Bearer unknown' });
    expect([unknown.status, unknown.body.error]).toEqual([401, 'invalid_token']);
    expect(unknown.headers['www-authenticate']).toMatch(/^Bearer error="invalid_token"/);
    const { access_token: accessToken } = await token('read');
    const poor = await keyManager.send('GET', '/oauth2/userinfo', { authorization: `Bearer ${accessToken}` });
    expect([poor.status, poor.body.error]).toEqual([403, 'insufficient_scope']);
    expect((await keyManager.send('GET', '/oauth2/userinfo')).status).toBe(401);
  });

  it('tells a gateway the same with its URLs, over gRPC', async () => {
    const client = new IdentityServiceClient(keyManager.channel.address, keyManager.channel.credentials);
    const gatewayUrl = 'https://gateway.example:8243';
    const answer = await new Promise<{ metadata: string; authorizationEndpoint: string; keyManagerUrl: string }>(
      (resolve, reject) => client.discovery({ gatewayUrl }, (error, found) => (error ? reject(error) : resolve(found))),
    );
    expect(JSON.parse(answer.metadata)).toMatchObject({
      issuer: `${origin}/oauth2/token`,
      authorization_endpoint: `${gatewayUrl}/authorize`,
      token_endpoint: `${gatewayUrl}/token`,
      revocation_endpoint: `${gatewayUrl}/revoke`,
      userinfo_endpoint: `${gatewayUrl}/userinfo`,
      jwks_uri: `${gatewayUrl}/jwks`,
      introspection_endpoint: `${origin}/oauth2/introspect`,
    });
    expect(answer.authorizationEndpoint).toBe(`${origin}/oauth2/authorize`);
    client.close();
  });
});

describe('a key manager with a public URL', () => {
  it('is named by it, whatever port is bound', async () => {
    const publicUrl = 'https://id.example/';
    const keyManager = await startTestKeyManager({ keyManager: { publicUrl, oauth2: { grantTypes: ['password'] } } });
    const { body } = await keyManager.send('GET', '/.well-known/openid-configuration');
    expect(body).toMatchObject({
      issuer: 'https://id.example/oauth2/token',
      jwks_uri: 'https://id.example/oauth2/jwks',
      grant_types_supported: ['password'],
      response_types_supported: [],
    });
    // Nothing is told of what is turned off.
    expect(Object.keys(body).filter((name) => /authorization_endpoint|code_challenge|end_session/.test(name))).toEqual(
      [],
    );
    await keyManager.stop();
  });
});

describe('several key managers that start at once', () => {
  it('make one active key per algorithm', async () => {
    const storage = createMemoryStorage();
    const started = await Promise.all(
      [1, 2, 3].map(() => startTestKeyManager({ openStorage: async () => ({ ...storage, close: async () => {} }) })),
    );
    const keys = await storage.signingKeys.listSigningKeys('carbon.super');
    expect(keys.map(({ alg, state }) => `${alg} ${state}`).sort()).toEqual(['ES256 active', 'RS256 active']);
    const sets = await Promise.all(started.map((each) => each.send('GET', '/oauth2/jwks')));
    expect(new Set(sets.map(({ text }) => text)).size).toBe(1);
    // At rest the private keys are sealed.
    for (const { encryptedPrivateKey } of keys) expect(encryptedPrivateKey.toString()).not.toContain('PRIVATE KEY');
    await Promise.all(started.map((each) => each.stop()));
  });
});
