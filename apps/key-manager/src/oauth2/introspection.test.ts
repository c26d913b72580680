import { describe, expect, it } from 'vitest';
import { basic, clientId, createOAuth2World, refusal } from '../../test/support/oauth2.js';
import { createIntrospection } from './introspection.js';

const admin = basic('admin', 'admin-password');
const inactive = { active: false };

describe('introspection (RFC 7662)', () => {
  it('tells everything about the token of a user', async () => {
    const { password, introspect, clock } = await createOAuth2World();
    const { accessToken } = await password({ scope: 'openid device_1' });
    clock.advance(0.9);
    const expected = {
      active: true,
      scope: 'device_1 openid',
      clientId,
      username: 'demo@carbon.super',
      tokenType: 'Bearer',
      exp: 1_700_003_600,
      iat: 1_700_000_000,
      nbf: 1_700_000_000,
      sub: 'demo@carbon.super',
      aud: clientId,
      iss: 'https://localhost:9443/oauth2/token',
      aut: 'APPLICATION_USER',
    };
    for (const authorization of [basic(), admin]) {
      expect(await introspect({ token: accessToken }, authorization)).toEqual(expected);
    }
  });

  it('names the client as sub of an application token, and no user', async () => {
    const { clientCredentials, introspect } = await createOAuth2World();
    const { accessToken } = await clientCredentials();
    const answer = await introspect({ token: accessToken });
    expect(answer).toMatchObject({ sub: clientId, aut: 'APPLICATION', scope: 'am_application_scope default' });
    expect(answer).toHaveProperty('username', undefined);
  });

  it('leaves exp out for a token that never expires', async () => {
    const { password, register, introspect } = await createOAuth2World();
    await register({ clientId: 'never', lifetimes: { userAccessToken: -1 } });
    const { accessToken } = await password({}, basic('never'));
    expect(await introspect({ token: accessToken })).toHaveProperty('exp', undefined);
  });

  it.each(['unknown', '0'.repeat(32), 'not a token', '\0'])('answers exactly {active:false} for %j', async (token) => {
    const { introspect } = await createOAuth2World();
    expect(await introspect({ token })).toEqual(inactive);
  });

  it('answers exactly {active:false} once expired, revoked, rotated away, or of a revoked client', async () => {
    const { password, refresh, revoke, introspect, clock, register, storage } = await createOAuth2World();
    const rotated = await password();
    await refresh(rotated);
    expect(await introspect({ token: rotated.accessToken })).toEqual(inactive);
    expect(await introspect({ token: rotated.refreshToken ?? '' })).toEqual(inactive);

    const revoked = await password();
    await revoke({ token: revoked.accessToken });
    expect(await introspect({ token: revoked.accessToken })).toEqual(inactive);

    await register({ clientId: 'blocked' });
    const blocked = await password({}, basic('blocked'));
    await storage.clientRegistry.updateRegistration('blocked', { active: false });
    expect(await introspect({ token: blocked.accessToken })).toEqual(inactive);

    const expired = await password();
    clock.advance(3_600);
    expect(await introspect({ token: expired.accessToken })).toEqual(inactive);
  });

  it('shows a refresh token to its client and to administrators only, and never as Bearer', async () => {
    const { password, introspect, register } = await createOAuth2World();
    await register({ clientId: 'resource-server' });
    const { refreshToken = '' } = await password();
    expect(await introspect({ token: refreshToken })).toMatchObject({ active: true, tokenType: 'refresh_token' });
    expect(await introspect({ token: refreshToken }, admin)).toMatchObject({ tokenType: 'refresh_token' });
    expect(await introspect({ token: refreshToken }, basic('resource-server'))).toEqual(inactive);
  });

  it('shows access tokens of other clients of the tenant, and nothing of other tenants', async () => {
    const { password, introspect, register } = await createOAuth2World();
    await register({ clientId: 'resource-server' });
    await register({ clientId: 'elsewhere', tenantDomain: 'other.example' });
    const { accessToken, refreshToken = '' } = await password();
    expect(await introspect({ token: accessToken }, basic('resource-server'))).toMatchObject({ active: true });
    expect(await introspect({ token: accessToken }, basic('elsewhere'))).toEqual(inactive);
    expect(await introspect({ token: refreshToken }, basic('elsewhere'))).toEqual(inactive);
  });

  it.each([
    ['a wrong secret', basic(clientId, 'wrong')],
    ['a wrong password of an administrator', basic('admin', 'wrong')],
    ['a user who is no administrator', basic('demo', 'demo-password')],
    ['a public client', basic('spa', '')],
    ['a scheme that is not Basic', 'Bearer abc'],
  ])('answers invalid_client to %s', async (_, authorization) => {
    const { introspect, register } = await createOAuth2World();
    await register({ clientId: 'spa', confidential: false });
    expect(await refusal(introspect({ token: 'x' }, authorization))).toMatchObject({
      error: 'invalid_client',
      status: 401,
    });
  });

  it('lets an administrator in whose name is also a client id', async () => {
    const { introspect, register } = await createOAuth2World();
    await register({ clientId: 'admin' });
    expect(await introspect({ token: 'x' }, admin)).toEqual(inactive);
    expect((await refusal(introspect({ token: 'x' }, basic('admin', 'wrong')))).error).toBe('invalid_client');
  });

  it.each([
    ['an unknown client', basic('nobody', 'wrong')],
    ['a wrong secret', basic(clientId, 'wrong')],
    ['a public client', basic('spa', '')],
    ['a client that was revoked', basic('revoked')],
    ['a wrong password', basic('admin', 'wrong')],
  ])('does the same work for %s: one client looked up, one password checked', async (_, authorization) => {
    const { clients, register, post, ...deps } = await createOAuth2World();
    await register({ clientId: 'spa', confidential: false });
    await register({ clientId: 'revoked', active: false });
    const work: string[] = [];
    const introspection = createIntrospection({
      ...deps,
      clients: { findClient: (id) => clients.findClient(id).finally(() => work.push('client')) },
      administrators: {
        authenticateAdministrator: async (_username, _password, clientAddress) => {
          work.push(`password from ${clientAddress}`);
          return undefined;
        },
      },
    });
    const refused = await refusal(introspection(post({ token: 'x' }, authorization)));
    expect(refused).toEqual({ error: 'invalid_client', status: 401, description: 'Client credentials are invalid.' });
    expect(work).toEqual(['client', 'password from 192.0.2.1']);
  });

  it('asks for the token', async () => {
    const { introspect } = await createOAuth2World();
    expect(await refusal(introspect({}))).toMatchObject({
      error: 'invalid_request',
      description: 'Missing parameters: token',
    });
  });
});
