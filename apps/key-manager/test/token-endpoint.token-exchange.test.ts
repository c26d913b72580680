import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachStorage } from './support/each-storage.js';
import { provider, type SigningIdentity, signingIdentity, signJwt } from './support/identity-provider.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const type = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
const claimsOf = (jwt: unknown) => JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString());

describe.each(eachStorage)('grant_type=token-exchange over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let idp: SigningIdentity;
  const exchange = async (token: string | Promise<string>, more: Record<string, string> = {}) =>
    keyManager.post(
      '/oauth2/token',
      { grant_type: grantType, subject_token: await token, subject_token_type: type('jwt'), ...more },
      authorization,
    );
  const admin = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const introspect = async (token: unknown) =>
    (await keyManager.post('/oauth2/introspect', { token: String(token) }, admin)).body;

  beforeAll(async () => {
    idp = await signingIdentity();
    const oauth2 = { exchangeTargets: ['orders'] };
    keyManager = await startTestKeyManager({ openStorage, keyManager: { oauth2 } });
    const grantTypes = [grantType, 'password', 'refresh_token'];
    ({ authorization } = await seedFixtures(keyManager.storage, { grantTypes }));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    const claimMapping = [
      { remoteClaim: 'memberOf', localClaim: 'groups' },
      { remoteClaim: 'login', localClaim: 'preferred_username' },
    ];
    await keyManager.storage.identityProviders.createProvider(
      provider({ certificates: idp.certificate, claimMapping }),
    );
  });
  afterAll(() => keyManager.stop());

  it('answers an access token for a token of a trusted issuer', async () => {
    const { status, headers, body } = await exchange(signJwt(idp, Date.now()));
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', issued_token_type: type('access_token') });
    expect(body.refresh_token).toBeUndefined();
    expect(body.expires_in).toBeLessThanOrEqual(300);
    expect(await introspect(body.access_token)).toMatchObject({
      active: true,
      sub: 'bob',
      username: 'FEDERATED/example/bob@carbon.super',
    });
  });

  it('answers a JWT with mapped claims when that is asked for', async () => {
    const more = { requested_token_type: type('jwt'), scope: 'openid profile groups', audience: 'orders' };
    const { body } = await exchange(signJwt(idp, Date.now(), { memberOf: ['a', 'b'], login: 'bob1' }), more);
    expect(body.issued_token_type).toBe(type('jwt'));
    expect(claimsOf(body.access_token)).toMatchObject({
      groups: ['a', 'b'],
      preferred_username: 'bob1',
      aud: 'orders',
      aut: 'APPLICATION_USER',
    });
    expect(await introspect(body.access_token)).toMatchObject({ active: true });
  });

  it('answers less for a token of ours, and never more', async () => {
    const granted = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', ...alice, scope: 'read' },
      authorization,
    );
    const own = { subject_token_type: type('access_token') };
    const token = String(granted.body.access_token);
    const { body } = await exchange(token, own);
    expect(body.scope).toBe('read');
    expect(await introspect(body.access_token)).toMatchObject({ active: true, sub: 'alice@carbon.super' });
    expect((await exchange(token, { ...own, scope: 'read update' })).body.error).toBe('invalid_scope');
    await keyManager.post('/oauth2/revoke', { token }, authorization);
    expect((await exchange(token, own)).body.error).toBe('invalid_request');
  });

  it.each<[string, Record<string, unknown>]>([
    ['expired', { exp: 1 }],
    ['of an unknown issuer', { iss: 'https://evil.example' }],
    ['for another audience', { aud: 'x' }],
  ])('answers 400 for a token that is %s', async (_what, claims) => {
    const { status, body } = await exchange(signJwt(idp, Date.now(), claims));
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
  });

  it('answers invalid_target for a resource that is none', async () => {
    const { status, body } = await exchange(signJwt(idp, Date.now()), { resource: 'api' });
    expect([status, body.error]).toEqual([400, 'invalid_target']);
  });

  it('answers 400 without a subject token', async () => {
    const { status, body } = await keyManager.post('/oauth2/token', { grant_type: grantType }, authorization);
    expect(status).toBe(400);
    expect(body).toEqual({
      error_description: 'Missing parameters: subject_token subject_token_type',
      error: 'invalid_request',
    });
  });
});

describe('grant_type=token-exchange that is switched off', () => {
  it('answers unsupported_grant_type', async () => {
    const keyManager = await startTestKeyManager({ keyManager: { oauth2: { grantTypes: ['password'] } } });
    const { authorization } = await seedFixtures(keyManager.storage, { grantTypes: [grantType] });
    const { status, body } = await keyManager.post('/oauth2/token', { grant_type: grantType }, authorization);
    expect(status).toBe(400);
    expect(body).toEqual({ error_description: 'Unsupported grant_type value', error: 'unsupported_grant_type' });
    await keyManager.stop();
  });
});
