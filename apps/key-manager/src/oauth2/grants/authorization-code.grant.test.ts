import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clientId, createOAuth2World } from '../../../test/support/oauth2.js';
import type { CodeBody } from '../authorization/authorization-code.js';
import type { CodeRecord } from '../model.js';
import { sha256 } from '../token-hash.js';

const redirectUri = 'https://shop.example/cb';
const verifier = 'v'.repeat(43);
const challenge = { method: 'S256' as const, challenge: createHash('sha256').update(verifier).digest('base64url') };

const allowed: CodeBody = {
  redirectUri,
  challenge,
  subject: 'demo@carbon.super',
  subjectTenant: 'carbon.super',
  subjectEpoch: 0,
  scope: ['openid'],
};

async function createWorld() {
  const world = await createOAuth2World();
  const grantTypes = ['authorization_code', 'refresh_token'];
  await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes });
  const saved = async (body: Partial<CodeBody> = {}, code: Partial<CodeRecord> = {}) => {
    const value = `code-${randomUUID()}`;
    await world.codes.saveCode({
      kind: 'authorization_code',
      hash: sha256(value),
      clientId,
      tenantDomain: 'carbon.super',
      grantId: randomUUID(),
      body: JSON.parse(JSON.stringify({ ...allowed, ...body })),
      expiresAt: world.clock.now() + 60_000,
      ...code,
    });
    return value;
  };
  const exchange = (code: string, change: Record<string, string> = {}, authorization?: string) =>
    world.token(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...change,
      },
      authorization,
    );
  return { ...world, saved, exchange };
}

describe('grant_type=authorization_code', () => {
  it('gives what the user allowed, and a refresh token', async () => {
    const { saved, exchange, tokens } = await createWorld();
    const authentication = { authTime: 5, nonce: 'n', amr: ['pwd'], sessionId: 'sid' };
    const granted = await exchange(await saved({ authentication }));
    expect(granted).toMatchObject({ scope: 'openid', tokenType: 'Bearer', refreshToken: expect.any(String) });
    const { grant } = (await tokens.findAccessToken(sha256(granted.accessToken))) ?? {};
    expect(grant).toMatchObject({
      subject: 'demo@carbon.super',
      kind: 'APPLICATION_USER',
      details: { authentication },
    });
  });

  it.each<[string, Partial<CodeBody>, Record<string, string>]>([
    ['an unknown code', {}, { code: 'unknown' }],
    ['something that is no code', {}, { code: 'a b' }],
    ['another redirect_uri', {}, { redirect_uri: `${redirectUri}/` }],
    ['a wrong verifier', {}, { code_verifier: 'w'.repeat(43) }],
    ['no verifier', {}, { code_verifier: '' }],
    ['a verifier without a challenge', { challenge: undefined }, {}],
    ['a key that is not there', { dpopJkt: 'thumbprint' }, {}],
    ['a login that has ended since', { subjectEpoch: 1 }, {}],
    ['a user who is gone', { subject: 'gone@carbon.super' }, {}],
  ])('answers invalid_grant for %s, without using the code up', async (_what, body, change) => {
    const { saved, exchange, codes, audit } = await createWorld();
    const code = await saved(body);
    await expect(exchange(code, change)).rejects.toMatchObject({
      error: 'invalid_grant',
      description: 'The code is invalid.',
    });
    expect((await codes.findCode('authorization_code', sha256(code)))?.redeemedAt).toBeUndefined();
    expect(audit.events).toEqual([]);
  });

  it.each([['code'], ['redirect_uri']])('answers invalid_request without %s', async (missing) => {
    const { saved, exchange } = await createWorld();
    await expect(exchange(await saved(), { [missing]: '' })).rejects.toMatchObject({ error: 'invalid_request' });
  });

  it('answers invalid_grant once the code has expired', async () => {
    const { saved, exchange, clock } = await createWorld();
    const code = await saved();
    clock.advance(60);
    await expect(exchange(code)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('keeps a code from another client, notes it, and ends nothing', async () => {
    const { saved, exchange, register, audit, post, tokenEndpoint, validate } = await createWorld();
    await register({ clientId: 'thief', grantTypes: ['authorization_code'] }, 'thiefSecret');
    const code = await saved();
    const granted = await exchange(code);
    const members = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const authorization = `Basic ${Buffer.from('thief:thiefSecret').toString('base64')}`;
    await expect(tokenEndpoint(post(members, authorization))).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(audit.events).toMatchObject([{ action: 'authorization_code.wrong_client', actor: 'thief' }]);
    expect(await validate(granted.accessToken)).toMatchObject({ state: 'ACTIVE' });
  });

  it('ends what a code made when it is presented again, even after it has expired, and notes it once', async () => {
    const { saved, exchange, clock, audit, validate, refresh } = await createWorld();
    const code = await saved();
    const granted = await exchange(code);
    clock.advance(120);
    for (let count = 0; count < 2; count++)
      await expect(exchange(code)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await validate(granted.accessToken)).toMatchObject({ state: 'REVOKED' });
    await expect(refresh(granted)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(audit.events.map(({ action }) => action)).toEqual(['authorization_code.replayed']);
  });

  it('ends nothing when a spent code comes with the wrong verifier', async () => {
    const { saved, exchange, validate } = await createWorld();
    const code = await saved();
    const granted = await exchange(code);
    await expect(exchange(code, { code_verifier: 'w'.repeat(43) })).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await validate(granted.accessToken)).toMatchObject({ state: 'ACTIVE' });
  });
});
