import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, credentials, status } from '@grpc/grpc-js';
import { KeyValidationServiceClient, TokenKind, TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { TokenServiceClient } from '@keygate/proto/keymanager/v1/token';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/oauth2/token-hash.js';
import { eachStorage } from './support/each-storage.js';
import { called, formRequest } from './support/grpc.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe.each(eachStorage)('the token services over gRPC, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let tokens: TokenServiceClient;
  let validation: KeyValidationServiceClient;
  const clients: Client[] = [];

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    const { address, credentials: mutual } = keyManager.channel;
    tokens = new TokenServiceClient(address, mutual);
    validation = new KeyValidationServiceClient(address, mutual);
    clients.push(tokens, validation);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await keyManager.stop();
  });

  const issue = (form: Record<string, string>, header?: string) =>
    called(tokens.issueToken.bind(tokens), { request: formRequest(form, header) });
  const granted = async (form: Record<string, string>) => {
    const { result } = await issue(form, authorization);
    if (result?.$case !== 'granted') throw new Error(JSON.stringify(result));
    return result.granted;
  };
  const validate = (token: string) => called(validation.validateToken.bind(validation), { tokenHash: sha256(token) });

  it('issues and validates a token of a user', async () => {
    const pair = await granted({ grant_type: 'password', ...alice, scope: 'read update' });
    expect(pair).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600, scope: 'read' });
    const answer = await validate(pair.accessToken);
    expect(answer.state).toBe(TokenState.TOKEN_STATE_ACTIVE);
    expect(answer.facts).toMatchObject({
      user: 'alice@carbon.super',
      tenantDomain: 'carbon.super',
      scopes: ['read'],
      tokenKind: TokenKind.TOKEN_KIND_APPLICATION_USER,
    });
    expect(answer.facts?.expiresAt).toBe((answer.facts?.issuedAt ?? 0) + 3_600_000);
  });

  it('issues a token of the application itself', async () => {
    const pair = await granted({ grant_type: 'client_credentials' });
    expect(pair.refreshToken).toBeUndefined();
    expect((await validate(pair.accessToken)).facts).toMatchObject({
      user: '',
      tokenKind: TokenKind.TOKEN_KIND_APPLICATION,
    });
  });

  it('answers an OAuth error as a message, not as a status', async () => {
    const { result } = await issue({ grant_type: 'password', username: 'alice', password: 'wrong' }, authorization);
    expect(result).toEqual({
      $case: 'error',
      error: expect.objectContaining({ error: 'invalid_grant', status: 400 }),
    });
    expect((await issue({ grant_type: 'password', ...alice })).result).toEqual({
      $case: 'error',
      error: expect.objectContaining({
        error: 'invalid_client',
        status: 401,
        wwwAuthenticate: 'Basic realm="localhost"',
      }),
    });
  });

  it('does not know a token that was never issued', async () => {
    const answer = await validate('0'.repeat(32));
    expect(answer).toMatchObject({ state: TokenState.TOKEN_STATE_UNKNOWN, facts: undefined });
  });

  it('revokes, and says so to validation and introspection', async () => {
    const pair = await granted({ grant_type: 'password', ...alice });
    const before = await validate(pair.accessToken);
    const introspect = () =>
      called(tokens.introspectToken.bind(tokens), { request: formRequest({ token: pair.accessToken }, authorization) });
    expect((await introspect()).result).toMatchObject({
      $case: 'introspection',
      introspection: { active: true, username: 'alice@carbon.super', aut: 'APPLICATION_USER' },
    });
    const revoked = await called(tokens.revokeToken.bind(tokens), {
      request: formRequest({ token: pair.accessToken }, authorization),
    });
    expect(revoked.error).toBeUndefined();
    const after = await validate(pair.accessToken);
    expect(after.state).toBe(TokenState.TOKEN_STATE_REVOKED);
    expect(after.revocationSeq).toBeGreaterThan(before.revocationSeq);
    expect((await introspect()).result).toMatchObject({ $case: 'introspection', introspection: { active: false } });
  });

  it.each([
    ['no client certificate', (ca: Buffer) => credentials.createSsl(ca)],
    ['plaintext', () => credentials.createInsecure()],
  ])('gives a caller with %s nothing', async (_what, strange) => {
    const ca = readFileSync(join(keyManager.dataDir, 'tls', 'ca.crt'));
    const stranger = new TokenServiceClient(keyManager.channel.address, strange(ca));
    clients.push(stranger);
    await expect(
      called(stranger.issueToken.bind(stranger), {
        request: formRequest({ grant_type: 'client_credentials' }, authorization),
      }),
    ).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  it('refuses a message above the limit', async () => {
    await expect(
      issue({ grant_type: 'password', password: 'x'.repeat(5_000_000) }, authorization),
    ).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });
});
