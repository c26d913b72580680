import { randomUUID } from 'node:crypto';
import { type Client, status } from '@grpc/grpc-js';
import { IdentityServiceClient } from '@keygate/proto/keymanager/v1/identity';
import { KeyValidationServiceClient, TokenKind, TokenState } from '@keygate/proto/keymanager/v1/key_validation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiKey } from '../src/applications/api-key.js';
import { sha256 } from '../src/oauth2/token-hash.js';
import { eachStorage } from './support/each-storage.js';
import { called } from './support/grpc.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe.each(eachStorage)('users and API keys over gRPC, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let identity: IdentityServiceClient;
  let validation: KeyValidationServiceClient;
  const clients: Client[] = [];

  beforeAll(async () => {
    const passwords = { memoryKib: 8_192, iterations: 1, maxQueue: 8 };
    keyManager = await startTestKeyManager({ openStorage, keyManager: { passwords } });
    await seedFixtures(keyManager.storage);
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    const { address, credentials } = keyManager.channel;
    identity = new IdentityServiceClient(address, credentials);
    validation = new KeyValidationServiceClient(address, credentials);
    clients.push(identity, validation);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await keyManager.stop();
  });

  const authenticate = (userName: string, password: string, clientAddress = '192.0.2.1') =>
    called(identity.authenticateUser.bind(identity), { userName, password, clientAddress });

  it('says who a user is, and what the roles give', async () => {
    const before = Date.now();
    const { result } = await authenticate('alice', alice.password);
    if (result?.$case !== 'user') throw new Error('refused');
    expect(result.user).toMatchObject({
      user: 'alice@carbon.super',
      tenantDomain: 'carbon.super',
      roles: ['readers', 'Internal/everyone'],
      scopes: ['read'],
    });
    expect(result.user.checkedAt).toBeGreaterThanOrEqual(before);
  });

  it('knows a scope that needs no role, and none that was taken away', async () => {
    const scope = { id: randomUUID(), tenantDomain: 'carbon.super', name: `free-${randomUUID()}`, bindings: [] };
    await keyManager.storage.sharedScopes.createScope({ ...scope, displayName: '', description: '' });
    const scopes = async () => {
      const { result } = await authenticate('alice', alice.password);
      return result?.$case === 'user' ? result.user.scopes : [];
    };
    expect((await scopes()).sort()).toEqual([scope.name, 'read'].sort());
    await keyManager.storage.sharedScopes.deleteScope('carbon.super', scope.id);
    expect(await scopes()).toEqual(['read']);
  });

  it.each([
    ['a wrong password', 'alice', 'wrong'],
    ['an unknown user', 'nobody', 'wrong'],
    ['an empty password', 'alice', ''],
    ['a user of another tenant', 'alice@tenant1.com', alice.password],
  ])('refuses %s', async (_, userName, password) => {
    const { result } = await authenticate(userName, password, `198.51.100.${userName.length}`);
    expect(result).toEqual({ $case: 'refused', refused: { retryAfter: 0 } });
  });

  it('slows guessing down, records it, and keeps the password out of the log', async () => {
    const guess = 'a-guess-that-is-in-no-log';
    let answer = await authenticate('alice', guess, '203.0.113.9');
    for (let nth = 0; nth < 40 && answer.result?.$case === 'refused' && answer.result.refused.retryAfter === 0; nth++) {
      answer = await authenticate('alice', guess, '203.0.113.9');
    }
    expect(answer.result).toMatchObject({ refused: { retryAfter: expect.any(Number) } });
    expect(answer.result).not.toMatchObject({ refused: { retryAfter: 0 } });
    expect(keyManager.log.join('')).not.toContain(guess);
    expect(keyManager.log.join('')).not.toContain(alice.password);
  });

  it('tells of the revocation that ends the answer', async () => {
    await keyManager.createUser('leaver', 'leaver-password', []);
    const { result, revocationSeq } = await authenticate('leaver', 'leaver-password');
    expect(result?.$case).toBe('user');
    await keyManager.lockUser('leaver');
    const later = await keyManager.storage.revocationFeed.revocationsSince(revocationSeq, 10);
    expect(later?.map(({ target }) => target)).toContainEqual({ kind: 'subject', subject: 'leaver@carbon.super' });
    expect((await authenticate('leaver', 'leaver-password')).result?.$case).toBe('refused');
  });

  it('validates an API key until its owner is locked', async () => {
    await keyManager.createUser('maker', 'maker-password', []);
    const now = Date.now();
    const [owner, applicationId] = ['maker@carbon.super', randomUUID()];
    await keyManager.storage.applications.createApplication({
      ...{ id: applicationId, tenantDomain: 'carbon.super', owner, name: 'Till', throttlingPolicy: 'Unlimited' },
      ...{ description: '', tokenType: 'OAUTH', groups: [], attributes: {}, visibility: 'PRIVATE' },
      ...{ status: 'APPROVED', createdAt: now, updatedAt: now },
    });
    const key: ApiKey = {
      ...{ id: randomUUID(), tenantDomain: 'carbon.super', applicationId, keyType: 'SANDBOX', name: 'till', owner },
      ...{ issuedAt: now, permittedIps: ['10.0.0.0/8'], permittedReferers: ['*.example.com/*'] },
    };
    await keyManager.storage.apiKeys.addApiKey(key, sha256('kgak_till'), 1);
    const validate = () => called(validation.validateToken.bind(validation), { tokenHash: sha256('kgak_till') });
    expect(await validate()).toMatchObject({
      state: TokenState.TOKEN_STATE_ACTIVE,
      facts: {
        ...{ clientId: '', user: '', applicationId, grantId: key.id, expiresAt: 0, issuedAt: now },
        ...{ permittedIps: key.permittedIps, permittedReferers: key.permittedReferers },
        tokenKind: TokenKind.TOKEN_KIND_API_KEY,
      },
    });
    await keyManager.lockUser('maker');
    expect((await validate()).state).toBe(TokenState.TOKEN_STATE_UNKNOWN);
  });

  it('answers RESOURCE_EXHAUSTED when too many passwords wait', async () => {
    const many = Array.from({ length: 100 }, (_, nth) =>
      authenticate(`somebody-${nth}`, 'guess', `2001:db8:${nth.toString(16)}::1`).then(
        () => status.OK,
        (error: { code: status }) => error.code,
      ),
    );
    const codes = new Set(await Promise.all(many));
    expect([...codes].every((code) => code === status.OK || code === status.RESOURCE_EXHAUSTED)).toBe(true);
    expect(codes).toContain(status.RESOURCE_EXHAUSTED);
  });
});
