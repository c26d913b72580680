import { createHash, randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { basic, clientId, createOAuth2World, refusal } from '../../test/support/oauth2.js';
import { testSigningPair } from '../../test/support/test-signer.js';
import { accessTokenClaims, neverExpires } from './access-token-jwt.js';
import { sha256 } from './token-hash.js';

const issuer = 'https://localhost:9443/oauth2/token';

const verified = async (jwt: string, currentDate: Date) => {
  const { publicJwk } = await testSigningPair('ES256');
  return jwtVerify(jwt, await importJWK(publicJwk, 'ES256'), { issuer, audience: clientId, currentDate });
};

describe('access tokens as JWTs', () => {
  it('carry the claims of RFC 9068 §2.2 and of WSO2', async () => {
    const { password, clock } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { accessToken, refreshToken, expiresIn } = await password();
    const { payload, protectedHeader } = await verified(accessToken, new Date(clock.now()));
    expect(protectedHeader).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const now = clock.now() / 1_000;
    expect(payload).toEqual({
      iss: issuer,
      sub: 'demo@carbon.super',
      aud: clientId,
      azp: clientId,
      client_id: clientId,
      scope: 'default',
      aut: 'APPLICATION_USER',
      nbf: now,
      iat: now,
      exp: now + 3_600,
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(expiresIn).toBe(3_600);
    // Refresh tokens stay opaque: nobody but this server reads them.
    expect(refreshToken).toMatch(/^[0-9a-f]{32}$/);
  });

  it('name the client where there is no user', async () => {
    const { clientCredentials, clock } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { payload } = await verified((await clientCredentials()).accessToken, new Date(clock.now()));
    expect(payload).toMatchObject({ sub: clientId, aut: 'APPLICATION' });
  });

  it('are what a client asked for, beside opaque ones', async () => {
    const { register, password } = await createOAuth2World();
    await register({ clientId: 'jwt-client', metadata: { accessTokenFormat: 'jwt' } });
    expect((await password({}, basic('jwt-client'))).accessToken.split('.')).toHaveLength(3);
    expect((await password()).accessToken).toMatch(/^[0-9a-f]{32}$/);
    const jwtServer = await createOAuth2World({ accessTokenFormat: 'jwt' });
    await jwtServer.register({ clientId: 'opaque-client', metadata: { accessTokenFormat: 'opaque' } });
    expect((await jwtServer.password({}, basic('opaque-client'))).accessToken).toMatch(/^[0-9a-f]{32}$/);
  });

  it('are validated, introspected and revoked like opaque ones', async () => {
    const { password, validate, introspect, revoke } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { accessToken } = await password();
    expect(await validate(accessToken)).toMatchObject({ state: 'ACTIVE' });
    expect(await introspect({ token: accessToken })).toMatchObject({ active: true, sub: 'demo@carbon.super' });
    expect(await introspect({ token: `${accessToken}x` })).toEqual({ active: false });
    await revoke({ token: accessToken });
    expect(await validate(accessToken)).toMatchObject({ state: 'REVOKED' });
  });

  it('are introspected with the audience that they carry', async () => {
    const { tokens, introspect, password } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { accessToken } = await password();
    const record = await tokens.findAccessToken(sha256(accessToken));
    if (!record) throw new Error('no token');
    for (const audience of [['one'], ['one', 'two']]) {
      const grant = { ...record.grant, id: randomUUID(), details: { audience } };
      const value = audience.join('-');
      await tokens.saveTokens({ grant, accessToken: { ...record, hash: sha256(value) } });
      expect(await introspect({ token: value })).toMatchObject({ aud: audience.length > 1 ? audience : 'one' });
    }
    expect(await introspect({ token: accessToken })).toMatchObject({ aud: clientId });
  });

  it('are new each time, also when the same pair is asked for at once or reuse is on', async () => {
    const { password } = await createOAuth2World({ accessTokenFormat: 'jwt', reuseActiveToken: true });
    const tokens = await Promise.all([1, 2, 3].map(async () => (await password()).accessToken));
    expect(new Set(tokens).size).toBe(3);
  });

  it('without end say the last second of the year 9999, and keep their key published until then', async () => {
    const { register, password, signer, clock } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    await register({ clientId: 'forever', lifetimes: { userAccessToken: -1 } });
    const { accessToken, expiresIn } = await password({}, basic('forever'));
    expect(decodeJwt(accessToken).exp).toBe(253_402_300_799);
    expect(signer.coveredUntil).toContain(neverExpires);
    expect(expiresIn).toBe(Number.MAX_SAFE_INTEGER);
    await register({ clientId: 'brief', lifetimes: { userAccessToken: 7 } });
    expect(decodeJwt((await password({}, basic('brief'))).accessToken).exp).toBe(clock.now() / 1_000 + 7);
  });

  it('take no claim of another issuer for one of ours', () => {
    const claims = accessTokenClaims({
      issuer,
      client: { clientId },
      grant: {
        kind: 'APPLICATION_USER',
        subject: 'someone',
        details: { claims: { iss: 'evil', scope: 'admin', exp: 1, groups: ['a'] }, audience: ['one', 'two'] },
      },
      scope: ['read'],
      issuedAt: 1_000,
      expiresAt: 2_999,
      confirmation: { method: 'x5t#S256', thumbprint: 'print' },
      jti: 'id',
    });
    expect(claims).toMatchObject({ iss: issuer, scope: 'read', exp: 2, groups: ['a'], aud: ['one', 'two'] });
    expect(claims.cnf).toEqual({ 'x5t#S256': 'print' });
  });

  it('refuse a scope that would make them longer than any gateway reads', async () => {
    const { password } = await createOAuth2World({ accessTokenFormat: 'jwt', unknownScopes: 'grant' });
    const scope = Array.from({ length: 90 }, (_, index) => `scope-${index}-${'x'.repeat(80)}`).join(' ');
    expect(await refusal(password({ scope }))).toMatchObject({ error: 'invalid_scope' });
  });
});

describe('refreshing a JWT', () => {
  it('ends the one before', async () => {
    const { password, refresh, validate } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const first = await password();
    const second = await refresh(first);
    expect(second.accessToken.split('.')).toHaveLength(3);
    expect(await validate(first.accessToken)).toMatchObject({ state: 'REVOKED' });
    expect(await validate(second.accessToken)).toMatchObject({ state: 'ACTIVE' });
  });

  it('repeats in the grace window: another JWT, which dies with the same successor', async () => {
    const { password, refresh, validate, clock } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const first = await password();
    const second = await refresh(first);
    clock.advance(1);
    const again = await refresh(first);
    expect(again.refreshToken).toBe(second.refreshToken);
    expect(again.accessToken).not.toBe(second.accessToken);
    expect(decodeJwt(again.accessToken).exp).toBe(decodeJwt(second.accessToken).exp);
    expect(again.expiresIn).toBe(3_599);
    expect(await validate(again.accessToken)).toMatchObject({ state: 'ACTIVE' });
    await refresh(again);
    expect(await validate(again.accessToken)).toMatchObject({ state: 'REVOKED' });
    expect(await validate(second.accessToken)).toMatchObject({ state: 'REVOKED' });
  });

  it('repeats three times at most', async () => {
    const { password, refresh, clock } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const first = await password();
    await refresh(first);
    clock.advance(1);
    for (let replay = 0; replay < 3; replay++) await refresh(first);
    expect(await refusal(refresh(first))).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('the id_token', () => {
  it('tells of the login when the scope has openid', async () => {
    const { password, clock } = await createOAuth2World();
    const { idToken = '', accessToken } = await password({ scope: 'openid' });
    const { payload } = await verified(idToken, new Date(clock.now()));
    const now = clock.now() / 1_000;
    expect(decodeProtectedHeader(idToken).typ).toBe('JWT');
    expect(payload).toEqual({
      iss: issuer,
      sub: 'demo@carbon.super',
      aud: clientId,
      azp: clientId,
      exp: now + 3_600,
      iat: now,
      auth_time: now,
      amr: ['pwd'],
      at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
    });
  });

  it('is not there without openid, and never without a user', async () => {
    const { password, clientCredentials } = await createOAuth2World();
    expect((await password()).idToken).toBeUndefined();
    expect((await clientCredentials({ scope: 'openid' })).idToken).toBeUndefined();
  });

  it('keeps the time of the login when tokens are refreshed', async () => {
    const { password, refresh, clock } = await createOAuth2World({
      refreshGraceSeconds: { confidential: 10, public: 0 },
    });
    const first = await password({ scope: 'openid' });
    clock.advance(100);
    const second = await refresh(first);
    clock.advance(1);
    for (const { idToken = '' } of [second, await refresh(first)]) {
      const { auth_time, iat, sub } = decodeJwt(idToken);
      expect(auth_time).toBe(clock.now() / 1_000 - 101);
      expect(iat).toBeGreaterThanOrEqual(clock.now() / 1_000 - 1);
      expect(sub).toBe('demo@carbon.super');
    }
  });

  it('is signed as the client has chosen', async () => {
    const { register, password } = await createOAuth2World();
    await register({ clientId: 'rs', metadata: { idTokenSignedResponseAlg: 'RS256' } });
    expect(decodeProtectedHeader((await password({ scope: 'openid' }, basic('rs'))).idToken ?? '').alg).toBe('RS256');
  });

  it('is no access token', async () => {
    const { password, validate, introspect } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { idToken = '' } = await password({ scope: 'openid' });
    expect(await validate(idToken)).toMatchObject({ state: 'UNKNOWN' });
    expect(await introspect({ token: idToken })).toEqual({ active: false });
  });

  it('is not stored, and neither is the JWT beside it', async () => {
    const { password, tokens } = await createOAuth2World({ accessTokenFormat: 'jwt' });
    const { accessToken } = await password({ scope: 'openid' });
    expect(JSON.stringify(await tokens.findAccessToken(sha256(accessToken)))).not.toContain(accessToken);
  });
});
