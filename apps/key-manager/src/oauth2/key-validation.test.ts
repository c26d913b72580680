import { describe, expect, it } from 'vitest';
import { basic, clientId, createOAuth2World } from '../../test/support/oauth2.js';
import { createKeyValidation } from './key-validation.js';
import { sha256 } from './token-hash.js';

describe('key validation', () => {
  it('tells what a live token stands for', async () => {
    const { password, validate } = await createOAuth2World();
    const { accessToken } = await password({ scope: 'openid' });
    expect(await validate(accessToken)).toEqual({
      state: 'ACTIVE',
      revocationSeq: 0,
      facts: {
        clientId,
        applicationId: undefined,
        keyType: 'PRODUCTION',
        user: 'demo@carbon.super',
        tenantDomain: 'carbon.super',
        scope: ['openid'],
        issuedAt: 1_700_000_000_000,
        expiresAt: 1_700_003_600_000,
        kind: 'APPLICATION_USER',
        grantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        audience: [],
      },
    });
  });

  it('names no user for an application token, and no expiry for one that never ends', async () => {
    const { clientCredentials, validate, register } = await createOAuth2World();
    await register({ clientId: 'never', keyType: 'SANDBOX', lifetimes: { applicationAccessToken: -1 } });
    const { accessToken } = await clientCredentials({}, basic('never'));
    expect(await validate(accessToken)).toMatchObject({
      state: 'ACTIVE',
      facts: { kind: 'APPLICATION', keyType: 'SANDBOX', user: undefined, expiresAt: undefined },
    });
  });

  it('tells of the user what backends may know, when it is asked and the client may know it', async () => {
    const made = await createOAuth2World();
    const { password } = made;
    const hashOf = async (scope: string) => sha256((await password({ scope })).accessToken);
    const allowed = await hashOf('openid');
    const claims = { givenname: 'Demo', organization: 'Keygate' };
    const told = createKeyValidation({ ...made, backendClaims: async () => claims });
    expect(await told(allowed, true)).toMatchObject({ facts: { userClaims: claims } });
    for (const answer of [await told(allowed), await told(await hashOf('default'), true)]) {
      expect(answer).toMatchObject({ state: 'ACTIVE' });
      expect(answer).not.toHaveProperty('facts.userClaims');
    }
  });

  it('tells unknown, expired and revoked apart', async () => {
    const { password, revoke, validate, keyValidation, clock } = await createOAuth2World();
    expect((await validate('0'.repeat(32))).state).toBe('UNKNOWN');
    expect((await keyValidation(Buffer.alloc(0))).state).toBe('UNKNOWN');
    expect((await keyValidation(Buffer.alloc(33))).state).toBe('UNKNOWN');

    const { accessToken, refreshToken = '' } = await password();
    expect((await validate(refreshToken)).state).toBe('UNKNOWN');
    clock.advance(3_600);
    expect(await validate(accessToken)).toMatchObject({ state: 'EXPIRED', facts: { clientId } });
    await revoke({ token: accessToken });
    expect(await validate(accessToken)).toEqual({ state: 'REVOKED', revocationSeq: expect.any(Number) });
  });

  it('takes the tokens of a revoked or deleted client for revoked', async () => {
    const { password, validate, register, storage } = await createOAuth2World();
    await register({ clientId: 'blocked' });
    const { accessToken } = await password({}, basic('blocked'));
    await storage.clientRegistry.updateRegistration('blocked', { active: false });
    expect((await validate(accessToken)).state).toBe('REVOKED');
  });

  it('reads the revocation number first, so that an answer never claims a revocation it missed', async () => {
    const { password, revoke, tokens, clients, clock, reportFailure, apiKeys } = await createOAuth2World();
    const { accessToken } = await password();
    const revokedWhileReading = {
      revocationSeq: () => tokens.revocationSeq(),
      markAccessTokenUsed: (hash: Buffer) => tokens.markAccessTokenUsed(hash),
      findAccessToken: async (hash: Buffer) => {
        const record = await tokens.findAccessToken(hash);
        await revoke({ token: accessToken });
        return record;
      },
    };
    const validate = createKeyValidation({ tokens: revokedWhileReading, clients, apiKeys, clock, reportFailure });
    const answer = await validate(sha256(accessToken));
    expect(answer.state).toBe('ACTIVE');
    expect(answer.revocationSeq).toBeLessThan(await tokens.revocationSeq());
  });

  it('answers although noting the use fails, reports that, and notes only what can end a grace window', async () => {
    const { password, clientCredentials, tokens, clients, clock, failures, reportFailure, apiKeys } =
      await createOAuth2World();
    const marked: Buffer[] = [];
    const broken = {
      revocationSeq: () => tokens.revocationSeq(),
      findAccessToken: (hash: Buffer) => tokens.findAccessToken(hash),
      markAccessTokenUsed: async (hash: Buffer) => {
        marked.push(hash);
        throw new Error('away');
      },
    };
    const validate = createKeyValidation({ tokens: broken, clients, apiKeys, clock, reportFailure });
    const ofUser = sha256((await password()).accessToken);
    const ofApplication = sha256((await clientCredentials()).accessToken);
    expect((await validate(ofUser)).state).toBe('ACTIVE');
    expect((await validate(ofApplication)).state).toBe('ACTIVE');
    clock.advance(61);
    expect((await validate(ofUser)).state).toBe('ACTIVE');
    expect(marked).toEqual([ofUser]);
    expect(failures).toEqual([new Error('away')]);
  });

  it('throws when the store cannot answer: no verdict is not a refusal', async () => {
    const { tokens, clients, clock, reportFailure, apiKeys } = await createOAuth2World();
    const away = {
      revocationSeq: () => tokens.revocationSeq(),
      markAccessTokenUsed: (hash: Buffer) => tokens.markAccessTokenUsed(hash),
      findAccessToken: async () => {
        throw new Error('away');
      },
    };
    const validate = createKeyValidation({ tokens: away, clients, apiKeys, clock, reportFailure });
    await expect(validate(sha256('x'))).rejects.toThrow('away');
  });
});

describe('key validation of an API key', () => {
  const digest = sha256('kgak_of-a-till');
  const key = { id: 'key-1', tenantDomain: 'carbon.super', applicationId: 'app-1', keyType: 'SANDBOX' as const };
  const restrictions = { permittedIps: ['10.0.0.0/8'], permittedReferers: ['*.example.com/*'] };

  async function world(
    markApiKeyUsed: (id: string, at: number) => Promise<void>,
    change: { lastUsedAt?: number } = {},
  ) {
    const made = await createOAuth2World();
    const issuedAt = made.clock.now();
    const facts = { ...key, ...restrictions, issuedAt, expiresAt: issuedAt + 60_000, ...change };
    const apiKeys = { findApiKey: async (hash: Buffer) => (hash.equals(digest) ? facts : undefined), markApiKeyUsed };
    return { ...made, facts, validate: createKeyValidation({ ...made, apiKeys }) };
  }

  it('answers its application and restrictions, and no user', async () => {
    const { validate, facts, clock } = await world(async () => undefined);
    const expected = { clientId: '', applicationId: 'app-1', keyType: 'SANDBOX', kind: 'API_KEY', grantId: 'key-1' };
    const answer = await validate(digest);
    expect(answer).toMatchObject({ state: 'ACTIVE', facts: { ...expected, ...restrictions, scope: [] } });
    expect(answer).not.toHaveProperty('facts.user');
    clock.advance(60);
    expect(await validate(digest)).toMatchObject({ state: 'EXPIRED', facts: { expiresAt: facts.expiresAt } });
    expect((await validate(sha256('kgak_other'))).state).toBe('UNKNOWN');
  });

  it('notes the use now and then, and answers although that fails', async () => {
    const used: string[] = [];
    const failing = async (id: string) => {
      used.push(id);
      throw new Error('away');
    };
    const first = await world(failing);
    expect((await first.validate(digest)).state).toBe('ACTIVE');
    await Promise.resolve();
    expect(first.failures).toEqual([new Error('away')]);
    const again = await world(failing, { lastUsedAt: first.clock.now() });
    expect((await again.validate(digest)).state).toBe('ACTIVE');
    expect(used).toEqual(['key-1']);
  });
});
