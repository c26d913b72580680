import { describe, expect, it } from 'vitest';
import { basic, createOAuth2World } from '../../test/support/oauth2.js';

const world = () => createOAuth2World({ reuseActiveToken: true, unknownScopes: 'grant' });

describe('reuseActiveToken', () => {
  it('gives the same client, user and scopes the same pair with what is left of its life', async () => {
    const { password, clock } = await world();
    const first = await password({ scope: 'a b' });
    clock.advance(100);
    const second = await password({ scope: 'b a' });
    expect(second).toEqual({ ...first, expiresIn: first.expiresIn - 100 });
  });

  it('gives other scopes, users, clients and kinds pairs of their own', async () => {
    const { password, clientCredentials, register, resourceOwners } = await world();
    await register({ clientId: 'other' });
    resourceOwners.add('second', 'demo-password');
    const all = await Promise.all([
      password(),
      password({ scope: 'a' }),
      password({ username: 'second' }),
      password({}, basic('other')),
      clientCredentials(),
    ]);
    expect(new Set(all.map(({ accessToken }) => accessToken)).size).toBe(all.length);
  });

  it('gives the own token of a client again, but none that is asked to live shorter', async () => {
    const { clientCredentials } = await world();
    const first = await clientCredentials();
    expect((await clientCredentials()).accessToken).toBe(first.accessToken);
    const short = await clientCredentials({ validity_period: '10' });
    expect(short.accessToken).not.toBe(first.accessToken);
    expect((await clientCredentials({ validity_period: '10' })).accessToken).not.toBe(short.accessToken);
  });

  it('gives a new pair when the old one has expired, is about to, was revoked or was refreshed', async () => {
    const { password, clock, revoke, refresh } = await world();
    const first = await password();
    clock.advance(3_599);
    const second = await password();
    expect(second.accessToken).not.toBe(first.accessToken);
    await revoke({ token: second.accessToken });
    const third = await password();
    expect(third.accessToken).not.toBe(second.accessToken);
    await refresh(third);
    expect((await password()).accessToken).not.toBe(third.accessToken);
  });

  it('tells in each id_token of the login it is for', async () => {
    const { password, clock } = await world();
    const first = await password({ scope: 'openid' });
    clock.advance(5);
    const second = await password({ scope: 'openid' });
    expect(second.accessToken).toBe(first.accessToken);
    expect(second.idToken).not.toBe(first.idToken);
  });

  it('is off unless it is turned on', async () => {
    const { password } = await createOAuth2World();
    expect((await password()).accessToken).not.toBe((await password()).accessToken);
  });
});
