import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  basic,
  seedClient,
  seedFixtures,
  startTestKeyManager,
  type TestKeyManager,
} from './support/key-manager.js';

describe('grant_type=refresh_token over HTTPS', () => {
  let keyManager: TestKeyManager;
  let authorization: string;

  beforeAll(async () => {
    keyManager = await startTestKeyManager();
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
  });
  afterAll(() => keyManager.stop());

  const issue = async (scope = 'read') =>
    (await keyManager.post('/oauth2/token', { grant_type: 'password', ...alice, scope }, authorization)).body;
  const refresh = (refreshToken: unknown, more: Record<string, string> = {}, header = authorization) =>
    keyManager.post(
      '/oauth2/token',
      { grant_type: 'refresh_token', refresh_token: String(refreshToken), ...more },
      header,
    );
  const isActive = async (token: unknown) =>
    (await keyManager.post('/oauth2/introspect', { token: String(token) }, authorization)).body.active;

  it('answers a new pair and ends the old access token', async () => {
    const first = await issue();
    const { status, body } = await refresh(first.refresh_token);
    expect(status).toBe(200);
    expect(body.scope).toBe('read');
    expect(body.access_token).not.toBe(first.access_token);
    expect(body.refresh_token).not.toBe(first.refresh_token);
    expect(await isActive(first.access_token)).toBe(false);
    expect(await isActive(body.access_token)).toBe(true);
  });

  it('answers the same pair to a request that is repeated at once', async () => {
    const { refresh_token: old } = await issue();
    const [one, two] = await Promise.all([refresh(old), refresh(old)]);
    expect(one.status).toBe(200);
    expect(two.body).toMatchObject({ access_token: one.body.access_token, refresh_token: one.body.refresh_token });
  });

  it('revokes the family when a spent token comes back after its successor was used', async () => {
    const { refresh_token: old } = await issue();
    const second = (await refresh(old)).body;
    const third = (await refresh(second.refresh_token)).body;
    const { status, body } = await refresh(old);
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_grant');
    expect(await isActive(third.access_token)).toBe(false);
    expect((await refresh(third.refresh_token)).body.error).toBe('invalid_grant');
  });

  it("refuses another client's token and leaves the family alone", async () => {
    const { refresh_token: mine } = await issue();
    const { clientId, secret } = await seedClient(keyManager.storage, { clientId: 'other12345678901234567890123' });
    expect((await refresh(mine, {}, basic(clientId, secret))).body.error).toBe('invalid_grant');
    expect((await refresh(mine)).status).toBe(200);
  });

  it('refuses more scope than was granted', async () => {
    const { refresh_token: narrow } = await issue('device_1');
    expect((await refresh(narrow, { scope: 'device_1 device_2' })).body.error).toBe('invalid_scope');
    expect((await refresh(narrow, { scope: 'device_1' })).status).toBe(200);
  });

  it.each(['', 'x', '0'.repeat(32), 'ü', 'a\0b'])('does not take %j', async (value) => {
    const { status, body } = await refresh(value);
    expect(status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(body.error);
  });

  it("ends with the user's password", async () => {
    const { refresh_token: token, access_token: access } = await issue();
    const user = await keyManager.storage.users.findUser({
      username: 'alice',
      domain: 'PRIMARY',
      tenantDomain: 'carbon.super',
    });
    if (!user) throw new Error('alice is gone');
    await keyManager.accounts.setPassword(user, alice.password, { actor: 'admin@carbon.super' });
    expect((await refresh(token)).body.error).toBe('invalid_grant');
    expect(await isActive(access)).toBe(false);
  });
});
