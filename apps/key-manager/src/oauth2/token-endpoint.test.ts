import { describe, expect, it } from 'vitest';
import { basic, clientId, clientSecret, createOAuth2World, form, refusal } from '../../test/support/oauth2.js';
import { sha256 } from './token-hash.js';

const password = { grant_type: 'password', username: 'demo', password: 'demo-password' };

describe('token endpoint', () => {
  it('answers what WSO2 documents, and stores only hashes', async () => {
    const { token, tokens } = await createOAuth2World();
    const granted = await token(password);
    expect(granted).toEqual({
      accessToken: expect.stringMatching(/^[0-9a-f]{32}$/),
      tokenType: 'Bearer',
      expiresIn: 3600,
      refreshToken: expect.stringMatching(/^[0-9a-f]{32}$/),
      scope: 'default',
    });
    const record = await tokens.findAccessToken(sha256(granted.accessToken));
    expect(record?.grant.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(JSON.stringify(record)).not.toContain(granted.accessToken);
  });

  it.each([
    [
      'client authentication comes before the grant type',
      { grant_type: 'nope' },
      basic(clientId, 'wrong'),
      'invalid_client',
    ],
    ['an absent grant_type', {}, basic(), 'invalid_request'],
    ['an empty grant_type', { grant_type: '' }, basic(), 'invalid_request'],
    ['a grant type nobody knows', { grant_type: 'nope' }, basic(), 'unsupported_grant_type'],
    ['a grant type in another case', { grant_type: 'Password' }, basic(), 'unsupported_grant_type'],
    ["an object's own member as grant type", { grant_type: 'constructor' }, basic(), 'unsupported_grant_type'],
    ['absent parameters', { grant_type: 'password' }, basic(), 'invalid_request'],
    ['an empty password', { ...password, password: '' }, basic(), 'invalid_request'],
    ['a user name with a line break', { ...password, username: 'demo\n' }, basic(), 'invalid_request'],
    ['a password with NUL', { ...password, password: '\0' }, basic(), 'invalid_request'],
    ['a user name that is too long', { ...password, username: 'x'.repeat(513) }, basic(), 'invalid_request'],
    ['a malformed scope', { ...password, scope: 'a"b' }, basic(), 'invalid_scope'],
  ])('answers for %s', async (_, members, authorization, error) => {
    const { token } = await createOAuth2World();
    expect((await refusal(token(members, authorization))).error).toBe(error);
  });

  it('answers the documented texts', async () => {
    const { token, register } = await createOAuth2World();
    await register({ clientId: 'cc', grantTypes: ['client_credentials'] });
    expect(await refusal(token({}))).toMatchObject({ description: 'Missing grant_type parameter value' });
    expect(await refusal(token({ grant_type: 'x' }))).toMatchObject({ description: 'Unsupported grant_type value' });
    expect(await refusal(token({ grant_type: 'password' }))).toMatchObject({
      description: 'Missing parameters: username password',
    });
    expect(await refusal(token(password, basic('cc')))).toEqual({
      error: 'unauthorized_client',
      status: 400,
      description: 'The authenticated client is not authorized to use this authorization grant type',
    });
  });

  it('does not take part of a registered grant type for it', async () => {
    const { token, register } = await createOAuth2World();
    await register({ clientId: 'odd', grantTypes: ['password2', 'x password'] });
    expect((await refusal(token(password, basic('odd')))).error).toBe('unauthorized_client');
  });

  it('offers only the grants that are enabled', async () => {
    const { token } = await createOAuth2World({ grantTypes: ['client_credentials'] });
    expect((await refusal(token(password))).error).toBe('unsupported_grant_type');
    expect((await token({ grant_type: 'client_credentials' })).tokenType).toBe('Bearer');
  });

  it('refuses a repeated parameter before anything else', async () => {
    const { tokenEndpoint } = await createOAuth2World();
    const parameters = [...form(password), ...form({ username: 'other' })];
    const request = { parameters, authorization: basic(), clientAddress: '' };
    expect((await refusal(tokenEndpoint(request))).error).toBe('invalid_request');
  });

  it('takes an empty code parameter, which some clients always send, for none', async () => {
    const { token } = await createOAuth2World();
    expect((await token({ ...password, code: '', unknown: 'x' })).tokenType).toBe('Bearer');
  });

  it('takes the credentials from the body', async () => {
    const { tokenEndpoint } = await createOAuth2World();
    const parameters = form({ ...password, client_id: clientId, client_secret: clientSecret });
    expect(await tokenEndpoint({ parameters, authorization: undefined, clientAddress: '' })).toMatchObject({
      tokenType: 'Bearer',
    });
  });

  it('issues nothing to a client that is revoked while the password is checked', async () => {
    const { token, resourceOwners, storage } = await createOAuth2World();
    resourceOwners.whileChecking = async () => {
      await storage.clientRegistry.updateRegistration(clientId, { active: false });
    };
    expect((await refusal(token(password))).error).toBe('invalid_client');
    expect((await refusal(token(password))).error).toBe('invalid_client');
  });
});

describe('lifetimes', () => {
  it.each([
    ['the server says so', {}, 3600],
    ['the client has its own', { userAccessToken: 60 }, 60],
    ['the client leaves it to the server with 0', { userAccessToken: 0 }, 3600],
    ["the client's tokens never expire", { userAccessToken: -1 }, 9_007_199_254_740_991],
    ['only application tokens differ', { applicationAccessToken: 60 }, 3600],
  ])('expires_in when %s', async (_, lifetimes, expiresIn) => {
    const { token, register } = await createOAuth2World();
    await register({ clientId: 'short', lifetimes });
    expect((await token(password, basic('short'))).expiresIn).toBe(expiresIn);
  });

  it('stores never as no expiry, and ends a refresh token with its family at the latest', async () => {
    const { token, tokens, clock, register } = await createOAuth2World();
    await register({ clientId: 'never', lifetimes: { userAccessToken: -1, refreshToken: -1 } });
    const granted = await token(password, basic('never'));
    expect((await tokens.findAccessToken(sha256(granted.accessToken)))?.expiresAt).toBeUndefined();
    const refresh = await tokens.findRefreshToken(sha256(granted.refreshToken ?? ''));
    expect(refresh?.expiresAt).toBe(clock.now() + 31_536_000_000);
    expect(refresh?.grant.expiresAt).toBe(clock.now() + 31_536_000_000);
  });

  it('lets nothing expire when nothing is to', async () => {
    const { token, tokens, register } = await createOAuth2World({
      lifetimesSeconds: {
        userAccessToken: -1,
        applicationAccessToken: -1,
        refreshToken: -1,
        grant: -1,
        idToken: 3_600,
      },
    });
    await register({ clientId: 'never' });
    const granted = await token(password, basic('never'));
    const refresh = await tokens.findRefreshToken(sha256(granted.refreshToken ?? ''));
    expect([refresh?.expiresAt, refresh?.grant.expiresAt]).toEqual([undefined, undefined]);
  });
});
