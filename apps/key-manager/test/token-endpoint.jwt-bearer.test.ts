import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachStorage } from './support/each-storage.js';
import { idpIssuer, provider, type SigningIdentity, signingIdentity, signJwt } from './support/identity-provider.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';
import { startKeySetServer } from './support/key-set-server.js';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

describe.each(eachStorage)('grant_type=jwt-bearer over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let idp: SigningIdentity;
  let jwks: Awaited<ReturnType<typeof startKeySetServer>>;
  const now = () => Date.now();
  const exchange = async (assertion: string | Promise<string>, more: Record<string, string> = {}) =>
    keyManager.post('/oauth2/token', { grant_type: grantType, assertion: await assertion, ...more }, authorization);

  beforeAll(async () => {
    idp = await signingIdentity();
    jwks = await startKeySetServer([{ ...idp.jwk, kid: 'one' }]);
    keyManager = await startTestKeyManager({ openStorage, keyManager: { keySets: { allowPrivateNetworks: true } } });
    ({ authorization } = await seedFixtures(keyManager.storage, { grantTypes: [grantType, 'refresh_token'] }));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    const { identityProviders } = keyManager.storage;
    const mapping = { roleClaim: 'groups', roleMapping: [{ remoteRole: 'Staff', localRole: 'readers' }] };
    await identityProviders.createProvider(provider({ certificates: idp.certificate, ...mapping }));
    const published = { name: 'published', issuer: 'https://jwks.example.com', jwksUri: jwks.uri };
    await identityProviders.createProvider(provider(published));
    const linked = { name: 'linked', issuer: 'https://linked.example.com', certificates: idp.certificate };
    await identityProviders.createProvider(provider({ ...linked, useLocalUser: true }));
  });
  afterAll(async () => {
    await keyManager.stop();
    await jwks.stop();
  });

  it('answers an access token and no refresh token', async () => {
    const { status, headers, body } = await exchange(signJwt(idp, now()));
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      scope: 'default',
      token_type: 'Bearer',
      expires_in: 3600,
      access_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('takes the address of the token endpoint as the audience', async () => {
    expect((await exchange(signJwt(idp, now(), { aud: keyManager.urls.issuer }))).status).toBe(200);
  });

  it('shows a federated subject where the token is looked at', async () => {
    const { body } = await exchange(signJwt(idp, now(), { sub: 'admin' }));
    const admin = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
    const seen = await keyManager.post('/oauth2/introspect', { token: String(body.access_token) }, admin);
    expect(seen.body).toMatchObject({ active: true, sub: 'FEDERATED/example/admin@carbon.super' });
  });

  it('opens no REST API, whatever the foreign subject is called', async () => {
    const { body } = await exchange(signJwt(idp, now(), { sub: 'admin', groups: ['admin'] }), {
      scope: 'apim:admin apim:api_view',
    });
    expect(body.scope).toBe('default');
    const bearer = { authorization: `Bearer ${body.access_token}` };
    expect((await keyManager.send('GET', '/api/am/publisher/v4/apis', bearer)).status).toBe(401);
  });

  it('maps remote roles to local ones', async () => {
    expect((await exchange(signJwt(idp, now(), { groups: ['Staff'] }), { scope: 'read update' })).body.scope).toBe(
      'read',
    );
    expect((await exchange(signJwt(idp, now(), { groups: ['readers'] }), { scope: 'read' })).body.scope).toBe(
      'default',
    );
  });

  it('stands for the local user where the provider is linked, until they are locked', async () => {
    const assertion = () => signJwt(idp, now(), { iss: 'https://linked.example.com', sub: 'alice' });
    expect((await exchange(assertion(), { scope: 'read' })).body.scope).toBe('read');
    await keyManager.lockUser('alice');
    expect((await exchange(assertion())).body.error).toBe('invalid_grant');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['expired', { exp: 1 }, 'JSON Web Token is expired'],
    ['of an unknown issuer', { iss: 'https://evil.example' }, 'No Registered IDP found for the issuer of the JWT.'],
    ['for somebody else', { aud: 'x' }, 'The JWT is for another audience.'],
  ])('answers 400 for one that is %s', async (_what, claims, description) => {
    const { status, headers, body } = await exchange(signJwt(idp, now(), claims));
    expect(status).toBe(400);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({ error_description: description, error: 'invalid_grant' });
  });

  it('answers 400 for a changed payload, and takes an id once', async () => {
    const assertion = await signJwt(idp, now(), { jti: 'once' });
    const [header, , signature] = assertion.split('.');
    const forged = Buffer.from(JSON.stringify({ iss: idpIssuer, sub: 'admin' })).toString('base64url');
    expect((await exchange(`${header}.${forged}.${signature}`)).body).toEqual({
      error_description: 'Signature or Message Authentication invalid',
      error: 'invalid_grant',
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('verifies with published keys, and follows their rotation', async () => {
    const iss = 'https://jwks.example.com';
    expect((await exchange(signJwt(idp, now(), { iss }, { kid: 'one' }))).status).toBe(200);
    const next = await signingIdentity();
    jwks.state.keys = [{ ...next.jwk, kid: 'two' }];
    expect((await exchange(signJwt(next, now(), { iss }, { kid: 'two' }))).status).toBe(200);
    expect((await exchange(signJwt(idp, now(), { iss }, { kid: 'one' }))).body.error).toBe('invalid_grant');
    const asked = jwks.state.asked;
    const forged = await Promise.all(
      Array.from({ length: 20 }, () => exchange(signJwt(idp, now(), { iss }, { kid: 'x' }))),
    );
    expect(forged.every(({ status }) => status === 400)).toBe(true);
    expect(jwks.state.asked - asked).toBeLessThanOrEqual(2);
  });

  it('answers 503 when the keys cannot be had', async () => {
    const iss = 'https://away.example.com';
    await keyManager.storage.identityProviders.createProvider(
      provider({ name: 'away', issuer: iss, jwksUri: 'http://127.0.0.1:1/jwks' }),
    );
    const { status, headers, body } = await exchange(signJwt(idp, now(), { iss }));
    expect(status).toBe(503);
    expect(body.error).toBe('temporarily_unavailable');
    expect(headers['retry-after']).toBe('1');
  });

  it('logs neither assertion nor token', async () => {
    const assertion = await signJwt(idp, now());
    const { body } = await exchange(assertion);
    const log = keyManager.log.join('');
    expect(log).not.toContain(assertion);
    expect(log).not.toContain(String(body.access_token));
  });
});
