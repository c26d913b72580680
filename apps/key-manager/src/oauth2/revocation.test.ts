import { describe, expect, it } from 'vitest';
import { basic, clientId, createOAuth2World, refusal } from '../../test/support/oauth2.js';

describe('revocation (RFC 7009)', () => {
  it.each([
    ['access_token', undefined],
    ['access_token', 'access_token'],
    ['access_token', 'refresh_token'],
    ['refresh_token', undefined],
    ['refresh_token', 'access_token'],
    ['refresh_token', 'refresh_token'],
    ['refresh_token', 'nonsense'],
  ])('of the %s with the hint %s ends the pair', async (kind, hint) => {
    const { password, refresh, revoke, validate } = await createOAuth2World();
    const granted = await password();
    const token = kind === 'access_token' ? granted.accessToken : (granted.refreshToken ?? '');
    await revoke({ token, ...(hint === undefined ? {} : { token_type_hint: hint }) });
    expect((await validate(granted.accessToken)).state).toBe('REVOKED');
    expect((await refusal(refresh(granted))).error).toBe('invalid_grant');
  });

  it('of a rotated refresh token ends the family, also its newest pair', async () => {
    const { password, refresh, revoke, validate, audit } = await createOAuth2World();
    const first = await password();
    const next = await refresh(first);
    await revoke({ token: first.refreshToken ?? '' });
    expect((await validate(next.accessToken)).state).toBe('REVOKED');
    expect((await refusal(refresh(next))).error).toBe('invalid_grant');
    await revoke({ token: first.refreshToken ?? '' });
    // Once, by the client, and never as a reuse; nothing of the token itself.
    expect(audit.events).toEqual([
      {
        tenantDomain: 'carbon.super',
        actor: clientId,
        action: 'token.revoked',
        target: expect.stringMatching(/^[0-9a-f-]{36}$/),
        clientAddress: expect.any(String),
      },
    ]);
  });

  it('leaves other grants alone', async () => {
    const { password, revoke, validate } = await createOAuth2World();
    const [one, other] = [await password(), await password()];
    await revoke({ token: one.accessToken });
    expect((await validate(other.accessToken)).state).toBe('ACTIVE');
  });

  it.each(['unknown', '0'.repeat(32), 'not a token', '\0', 'x'.repeat(16_384)])(
    'has nothing to do for %j and says so with success (§2.2)',
    async (token) => {
      const { revoke } = await createOAuth2World();
      expect(await revoke({ token })).toBeUndefined();
    },
  );

  it('may be repeated', async () => {
    const { password, revoke, tokens } = await createOAuth2World();
    const { accessToken, refreshToken = '' } = await password();
    await revoke({ token: refreshToken });
    const seq = await tokens.revocationSeq();
    await revoke({ token: refreshToken });
    await revoke({ token: accessToken });
    expect(await tokens.revocationSeq()).toBe(seq);
  });

  it('refuses a token of another client, which stays alive (§2.1)', async () => {
    const { password, revoke, validate, register } = await createOAuth2World();
    await register({ clientId: 'other' });
    const granted = await password();
    for (const token of [granted.accessToken, granted.refreshToken ?? '']) {
      expect(await refusal(revoke({ token }, basic('other')))).toMatchObject({
        error: 'unauthorized_client',
        status: 400,
      });
    }
    expect((await validate(granted.accessToken)).state).toBe('ACTIVE');
  });

  it('works for a public client that names itself', async () => {
    const { password, revoke, validate, register } = await createOAuth2World();
    await register({ clientId: 'spa', confidential: false });
    const { accessToken } = await password({}, basic('spa', ''));
    await revoke({ token: accessToken }, basic('spa', ''));
    expect((await validate(accessToken)).state).toBe('REVOKED');
  });

  it.each([
    ['a wrong secret', { token: 'x' }, basic(undefined, 'wrong'), 'invalid_client'],
    ['no token', {}, basic(), 'invalid_request'],
    ['an empty token', { token: '' }, basic(), 'invalid_request'],
  ])('refuses %s', async (_, members, authorization, error) => {
    const { revoke } = await createOAuth2World();
    expect((await refusal(revoke(members, authorization))).error).toBe(error);
  });
});
