import { describe, expect, it } from 'vitest';
import { createOAuth2World, form } from '../../test/support/oauth2.js';
import type { OAuthError } from './errors.js';
import { sha256 } from './token-hash.js';

async function world() {
  const made = await createOAuth2World({ unknownScopes: 'grant' });
  await made.storage.users.createUser({
    tenantDomain: 'carbon.super',
    domain: 'PRIMARY',
    username: 'demo',
    passwordHash: 'x',
    claims: { givenName: 'Dee', familyName: 'Mo', email: 'demo@example.com' },
    roles: ['Internal/subscriber'],
  });
  const ask = (accessToken: string, scheme = 'Bearer') =>
    made.userInfo({ parameters: [], authorization: `${scheme} ${accessToken}`, clientAddress: '' });
  const refused = (answer: Promise<unknown>) =>
    answer.then(
      () => expect.unreachable(),
      ({ status, error, wwwAuthenticate }: OAuthError) => ({ status, error, wwwAuthenticate }),
    );
  return { ...made, ask, refused };
}

describe('userinfo', () => {
  it('answers the claims that the scopes ask for', async () => {
    const { password, ask } = await world();
    expect(await ask((await password({ scope: 'openid' })).accessToken)).toEqual({ sub: 'demo@carbon.super' });
    expect(await ask((await password({ scope: 'openid email groups' })).accessToken)).toEqual({
      sub: 'demo@carbon.super',
      email: 'demo@example.com',
      groups: ['Internal/subscriber'],
    });
    expect(await ask((await password({ scope: 'openid profile' })).accessToken)).toMatchObject({
      name: 'Dee Mo',
      given_name: 'Dee',
      preferred_username: 'demo',
      updated_at: expect.any(Number),
    });
  });

  it('takes the token from the body as well, but not from both (RFC 6750 §2)', async () => {
    const { password, userInfo, refused } = await world();
    const { accessToken } = await password({ scope: 'openid' });
    const request = { parameters: form({ access_token: accessToken }), authorization: undefined, clientAddress: '' };
    expect(await userInfo(request)).toEqual({ sub: 'demo@carbon.super' });
    const both = { ...request, authorization: `Bearer ${accessToken}` };
    expect(await refused(userInfo(both))).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('answers insufficient_scope without openid, and to an application', async () => {
    const { password, clientCredentials, ask, refused } = await world();
    for (const { accessToken } of [await password(), await clientCredentials({ scope: 'openid' })]) {
      expect(await refused(ask(accessToken))).toEqual({
        status: 403,
        error: 'insufficient_scope',
        wwwAuthenticate: expect.stringContaining('scope="openid"'),
      });
    }
  });

  it.each(['', 'unknown', '0'.repeat(32), '"', 'x'.repeat(9_000)])('answers invalid_token to %j', async (token) => {
    const { ask, refused } = await world();
    expect(await refused(ask(token))).toMatchObject({
      status: 401,
      error: 'invalid_token',
      wwwAuthenticate: expect.stringMatching(/^Bearer error="invalid_token"/),
    });
  });

  it.each([undefined, 'Basic YTpi', 'Token abc'])(
    'challenges %j without naming an error (RFC 6750 §3.1)',
    async (sent) => {
      const { userInfo, refused } = await world();
      const request = { parameters: [], authorization: sent, clientAddress: '' };
      const { status, wwwAuthenticate } = await refused(userInfo(request));
      expect([status, wwwAuthenticate]).toEqual([401, 'Bearer realm="Keygate"']);
    },
  );

  it('answers invalid_token when the token is dead, its user is gone, or it is a refresh or id token', async () => {
    const { password, ask, refused, revoke, clock, storage } = await world();
    const one = await password({ scope: 'openid' });
    await revoke({ token: one.accessToken });
    const two = await password({ scope: 'openid' });
    for (const token of [one.accessToken, two.refreshToken ?? '', two.idToken ?? '']) {
      expect((await refused(ask(token))).error).toBe('invalid_token');
    }
    const user = await storage.users.findUser({ tenantDomain: 'carbon.super', domain: 'PRIMARY', username: 'demo' });
    await storage.users.deleteUser('carbon.super', user?.id ?? '');
    expect((await refused(ask(two.accessToken))).error).toBe('invalid_token');
    clock.advance(3_601);
    expect((await refused(ask(two.accessToken))).error).toBe('invalid_token');
  });

  it('refuses a bound token to whoever cannot prove to hold its key', async () => {
    const { password, tokens, ask, refused } = await world();
    const { accessToken } = await password({ scope: 'openid' });
    const record = await tokens.findAccessToken(sha256(accessToken));
    if (!record) throw new Error('no token');
    for (const method of ['jkt', 'x5t#S256'] as const) {
      const value = `bound-${method === 'jkt' ? 'j' : 'x'}`;
      const { grant, scope, issuedAt, expiresAt } = record;
      const confirmation = { method, thumbprint: 'other' };
      const accessRow = { hash: sha256(value), scope, issuedAt, expiresAt, confirmation };
      await tokens.saveTokens({ grant, accessToken: accessRow });
      for (const scheme of ['Bearer', 'DPoP']) {
        expect((await refused(ask(value, scheme))).error).toBe('invalid_token');
      }
    }
  });
});
