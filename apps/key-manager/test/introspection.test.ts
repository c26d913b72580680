import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  basic,
  seedClient,
  seedFixtures,
  startTestKeyManager,
  type TestKeyManager,
} from './support/key-manager.js';

describe('/oauth2/introspect and /oauth2/revoke over HTTPS', () => {
  let keyManager: TestKeyManager;
  let authorization: string;
  const admin = basic('admin', 'admin');

  beforeAll(async () => {
    keyManager = await startTestKeyManager();
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
  });
  afterAll(() => keyManager.stop());

  const issue = async () =>
    (await keyManager.post('/oauth2/token', { grant_type: 'password', ...alice, scope: 'read' }, authorization)).body;
  const introspect = (token: unknown, header = authorization, path = '/oauth2/introspect') =>
    keyManager.post(path, { token: String(token) }, header);
  const revoke = (token: unknown, header = authorization) =>
    keyManager.post('/oauth2/revoke', { token: String(token) }, header);

  it.each([
    ['the client', () => authorization, '/oauth2/introspect'],
    ['an administrator', () => admin, '/oauth2/introspect'],
    ['an administrator, by tenant', () => basic('admin@carbon.super', 'admin'), '/t/carbon.super/oauth2/introspect'],
  ])('tells %s about a live token', async (_who, header, path) => {
    const { access_token: token } = await issue();
    const { status, headers, body } = await introspect(token, header(), path);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      active: true,
      scope: 'read',
      username: 'alice@carbon.super',
      exp: expect.any(Number),
      iat: expect.any(Number),
      nbf: expect.any(Number),
      sub: 'alice@carbon.super',
      aud: 'consumerKey12345678901234567',
      iss: `https://localhost:${keyManager.ports.https}/oauth2/token`,
      aut: 'APPLICATION_USER',
      client_id: 'consumerKey12345678901234567',
      token_type: 'Bearer',
    });
  });

  it.each(['unknown', '', '0'.repeat(32), 'x'.repeat(9_000)])('says no more than inactive about %j', async (token) => {
    const { status, body } = await introspect(token);
    if (token === '') expect(status).toBe(400);
    else expect(body).toEqual({ active: false });
  });

  it.each([
    ['a user who is no administrator', () => basic(alice.username, alice.password)],
    ['a wrong password', () => basic('admin', 'wrong')],
    ['nobody', () => ''],
  ])('tells %s nothing', async (_who, header) => {
    const { access_token: token } = await issue();
    const { status, headers, body } = await introspect(token, header());
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Basic /);
    expect(body.error).toBe('invalid_client');
  });

  it('answers 200 and an empty object when a token is revoked, and again', async () => {
    const pair = await issue();
    for (const attempt of [1, 2]) {
      const { status, headers, text } = await revoke(pair.access_token);
      expect([attempt, status, text]).toEqual([attempt, 200, '{}']);
      expect(headers['cache-control']).toBe('no-store');
    }
    expect((await introspect(pair.access_token)).body).toEqual({ active: false });
    expect((await introspect(pair.refresh_token)).body).toEqual({ active: false });
  });

  it('answers 200 for a token that was never there', async () => {
    expect((await revoke('0'.repeat(32))).status).toBe(200);
  });

  it("refuses to revoke another client's token", async () => {
    const pair = await issue();
    const { clientId, secret } = await seedClient(keyManager.storage, { clientId: 'thief12345678901234567890123' });
    expect((await revoke(pair.access_token, basic(clientId, secret))).body.error).toBe('unauthorized_client');
    expect((await introspect(pair.access_token)).body.active).toBe(true);
  });

  it('refuses to revoke without a client', async () => {
    const pair = await issue();
    expect((await revoke(pair.access_token, '')).status).toBe(401);
    expect((await introspect(pair.access_token)).body.active).toBe(true);
  });
});
