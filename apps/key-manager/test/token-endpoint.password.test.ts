import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachStorage } from './support/each-storage.js';
import { alice, basic, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe.each(eachStorage)('grant_type=password over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  const password = (more: Record<string, string> = {}) =>
    keyManager.post('/oauth2/token', { grant_type: 'password', ...alice, ...more }, authorization);

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    ({ authorization } = await seedFixtures(keyManager.storage));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
  });
  afterAll(() => keyManager.stop());

  it('answers an access and a refresh token', async () => {
    const { status, headers, body } = await password();
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.pragma).toBe('no-cache');
    expect(body).toEqual({
      scope: 'default',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^[0-9a-f]{32}$/),
      access_token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('gives another token each time', async () => {
    const [first, second] = await Promise.all([password(), password()]);
    expect(first.body.access_token).not.toBe(second.body.access_token);
  });

  it('keeps a scope whose role the user has and drops the other', async () => {
    const { body } = await password({ scope: 'read update nothing device_1' });
    expect(body.scope).toBe('device_1 read');
  });

  it('takes the name without regard to case and with its tenant', async () => {
    expect((await password({ username: 'ALICE' })).status).toBe(200);
    expect((await password({ username: 'alice@carbon.super' })).status).toBe(200);
    expect((await password({ username: 'PRIMARY/alice' })).status).toBe(200);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['an unknown user', { username: 'bob' }],
    ['a user of another tenant', { username: 'alice@elsewhere.com' }],
    ['a password that is far too long', { password: 'x'.repeat(600) }],
  ])('answers invalid_grant for %s', async (_what, change) => {
    const { status, headers, body, text } = await password(change);
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_grant');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toContain('bob');
    expect(text).not.toContain('alice');
  });

  it('answers invalid_request when a parameter is missing', async () => {
    const { status, body } = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', username: 'alice' },
      authorization,
    );
    expect(status).toBe(400);
    expect(body).toEqual({ error_description: 'Missing parameters: password', error: 'invalid_request' });
  });

  it('answers 401 and a challenge for a wrong client secret', async () => {
    const wrong = basic('consumerKey12345678901234567', 'wrong');
    const { status, headers, body } = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', ...alice },
      wrong,
    );
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Basic realm="localhost"');
    expect(body).toEqual({ error_description: 'Client credentials are invalid.', error: 'invalid_client' });
  });

  it('takes the same members as JSON', async () => {
    const { status, body } = await keyManager.send(
      'POST',
      '/oauth2/token',
      { 'content-type': 'application/json', authorization },
      JSON.stringify({ grant_type: 'password', ...alice, scope: 'read' }),
    );
    expect(status).toBe(200);
    expect(body.scope).toBe('read');
  });

  it('logs neither password nor token', async () => {
    const { body } = await password();
    const log = keyManager.log.join('');
    expect(log).not.toContain(alice.password);
    expect(log).not.toContain(String(body.access_token));
    expect(log).not.toContain(String(body.refresh_token));
  });

  it('refuses a user who was locked, and the tokens from before', async () => {
    await keyManager.createUser('carol', 'carols password', []);
    const carol = { username: 'carol', password: 'carols password' };
    const { body } = await password(carol);
    await keyManager.lockUser('carol');
    expect((await password(carol)).body.error).toBe('invalid_grant');
    const refreshed = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) },
      authorization,
    );
    expect(refreshed.body.error).toBe('invalid_grant');
  });
});
