import { describe, expect, it } from 'vitest';
import { basic, createOAuth2World, refusal } from '../../../test/support/oauth2.js';
import { sha256 } from '../token-hash.js';

const neutral = { error: 'invalid_grant', status: 400, description: 'Authentication failed.' };

describe('grant_type=password', () => {
  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an unknown user', { username: 'nobody' }],
    ['a user of a tenant that is not there', { username: 'demo@nowhere.example' }],
    ['a user name of markup', { username: '<script>alert(1)</script>' }],
  ])('answers invalid_grant for %s, without repeating the name', async (_, members) => {
    const { password } = await createOAuth2World();
    expect(await refusal(password(members))).toEqual(neutral);
  });

  it.each(['demo', 'demo@carbon.super', 'PRIMARY/demo', 'primary/demo@Carbon.Super'])(
    'binds the token to the full name of %s',
    async (username) => {
      const { password, tokens } = await createOAuth2World();
      const { accessToken } = await password({ username });
      expect((await tokens.findAccessToken(sha256(accessToken)))?.grant).toMatchObject({
        subject: 'demo@carbon.super',
        tenantDomain: 'carbon.super',
        kind: 'APPLICATION_USER',
      });
    },
  );

  it('grants a scope to a user with a bound role, and drops the others', async () => {
    const { password, addScope } = await createOAuth2World();
    await addScope('read', ['reader']);
    await addScope('update', ['writer']);
    expect((await password({ scope: 'update read device_1 nope' })).scope).toBe('device_1 read');
    expect((await password({ scope: 'update' })).scope).toBe('default');
    expect((await password({ scope: 'am_application_scope' })).scope).toBe('default');
  });

  it('refuses an unknown scope when the setting says so', async () => {
    const { password } = await createOAuth2World({ unknownScopes: 'reject' });
    expect((await refusal(password({ scope: 'nope' }))).error).toBe('invalid_scope');
  });

  it('does not check the password when the scope is malformed', async () => {
    const { password, resourceOwners } = await createOAuth2World();
    let checks = 0;
    resourceOwners.whileChecking = async () => void checks++;
    await refusal(password({ scope: '\\' }));
    expect(checks).toBe(0);
  });

  it('refuses users of other tenants unless the client is for all, and keeps them in their own', async () => {
    const { password, resourceOwners, register, tokens } = await createOAuth2World();
    resourceOwners.add('eve@other.example', 'eve-password');
    const eve = { username: 'eve@other.example', password: 'eve-password' };
    expect(await refusal(password(eve))).toEqual(neutral);

    await register({ clientId: 'saas', allTenants: true });
    const { accessToken } = await password(eve, basic('saas'));
    expect((await tokens.findAccessToken(sha256(accessToken)))?.grant).toMatchObject({
      subject: 'eve@other.example',
      tenantDomain: 'other.example',
    });
  });

  it('makes no refresh token that the client could not use', async () => {
    const { password, register } = await createOAuth2World();
    await register({ clientId: 'once', grantTypes: ['password'] });
    expect((await password({}, basic('once'))).refreshToken).toBeUndefined();
  });

  it('gives every request its own tokens', async () => {
    const { password } = await createOAuth2World();
    const all = await Promise.all(Array.from({ length: 20 }, () => password()));
    expect(new Set(all.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken])).size).toBe(40);
  });
});
