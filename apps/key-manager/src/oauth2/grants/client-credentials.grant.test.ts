import { describe, expect, it } from 'vitest';
import { basic, createOAuth2World, refusal } from '../../../test/support/oauth2.js';
import { sha256 } from '../token-hash.js';

describe('grant_type=client_credentials', () => {
  it('answers a token of the application, without a refresh token', async () => {
    const { clientCredentials, tokens } = await createOAuth2World();
    const granted = await clientCredentials();
    expect(granted).toMatchObject({ scope: 'am_application_scope default', expiresIn: 3600 });
    expect(granted.refreshToken).toBeUndefined();
    const record = await tokens.findAccessToken(sha256(granted.accessToken));
    expect(record?.grant).toMatchObject({ kind: 'APPLICATION', subject: undefined, tenantDomain: 'carbon.super' });
  });

  it('grants scopes by the roles of the owner, and none of them once the owner is gone', async () => {
    const { clientCredentials, addScope, resourceOwners } = await createOAuth2World();
    await addScope('read', ['reader']);
    await addScope('update', ['writer']);
    await addScope('open', []);
    resourceOwners.add('owner', 'x', ['writer']);
    expect((await clientCredentials({ scope: 'read update open' })).scope).toBe('am_application_scope open update');
    resourceOwners.remove('owner');
    expect((await clientCredentials({ scope: 'read update open' })).scope).toBe('am_application_scope open');
    expect((await clientCredentials({ scope: 'update' })).scope).toBe('am_application_scope default');
  });

  it('ignores user name and password', async () => {
    const { clientCredentials } = await createOAuth2World();
    expect((await clientCredentials({ username: 'demo', password: 'wrong' })).tokenType).toBe('Bearer');
  });

  it('is refused to a public client: everybody knows its id', async () => {
    const { clientCredentials, register } = await createOAuth2World();
    await register({ clientId: 'public', confidential: false });
    expect((await refusal(clientCredentials({}, basic('public', '')))).error).toBe('unauthorized_client');
    expect((await refusal(clientCredentials({}, basic('public')))).error).toBe('unauthorized_client');
  });

  it('uses the lifetime of application tokens', async () => {
    const { clientCredentials, register } = await createOAuth2World();
    await register({ clientId: 'short', lifetimes: { applicationAccessToken: 60, userAccessToken: 5 } });
    expect((await clientCredentials({}, basic('short'))).expiresIn).toBe(60);
  });

  it.each([
    ['60', 60],
    ['3600', 3600],
    ['3601', 3600],
    ['0', 3600],
    ['-1', 3600],
    ['-2', 3600],
    ['999999999999999', 3600],
  ])('validity_period=%s gives expires_in %i: shorter if asked, never longer', async (validityPeriod, expiresIn) => {
    const { clientCredentials } = await createOAuth2World();
    expect((await clientCredentials({ validity_period: validityPeriod })).expiresIn).toBe(expiresIn);
  });

  it.each(['abc', '1.5', '1e3', '0x10', ' 1', '9'.repeat(16)])('refuses validity_period=%j', async (validityPeriod) => {
    const { clientCredentials } = await createOAuth2World();
    const answer = clientCredentials({ validity_period: validityPeriod });
    expect((await refusal(answer)).description).toBe('Malformed parameters: validity_period');
  });
});
