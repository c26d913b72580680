import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hidden, TestBrowser } from './support/browser.js';
import { eachStorage } from './support/each-storage.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const grantType = 'urn:ietf:params:oauth:grant-type:device_code';

describe.each(eachStorage)('device authorization over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let authorization: string;
  let browser: TestBrowser;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({
      openStorage,
      keyManager: { loginThrottle: { enabled: false }, oauth2: { deviceAuthorization: { intervalSeconds: 1 } } },
    });
    ({ authorization } = await seedFixtures(keyManager.storage, { grantTypes: [grantType, 'refresh_token'] }));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    await keyManager.createUser('dave@elsewhere.com', 'another horse', []);
  });
  afterAll(() => keyManager.stop());
  beforeEach(() => {
    browser = new TestBrowser(keyManager);
  });

  const begin = async (scope = 'read update', path = '/oauth2/device_authorize') =>
    (await keyManager.post(path, { scope }, authorization)).body as Record<string, string>;
  const poll = (deviceCode: unknown) =>
    keyManager.post('/oauth2/token', { grant_type: grantType, device_code: String(deviceCode) }, authorization);
  const act = (form: Record<string, string>, headers?: Record<string, string>) =>
    browser.post('/device', form, headers);
  /** Up to the page that asks. */
  const logIn = (userCode = '', user = alice) => act({ user_code: userCode, ...user });
  const decide = (page: string, decision: string) =>
    act({ user_code: hidden(page, 'user_code'), session: hidden(page, 'session'), decision });

  it.each(['/oauth2/device_authorize', '/oauth2/device_authorization'])('answers both codes at %s', async (path) => {
    const { status, headers, body } = await keyManager.post(path, {}, authorization);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const origin = new URL(keyManager.urls.token).origin;
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[0-9a-f]{32}$/),
      user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
      verification_uri: `${origin}/device`,
      verification_uri_complete: `${origin}/device?user_code=${body.user_code}`,
      expires_in: 600,
      interval: 1,
    });
  });

  it('is in the metadata, beside the endpoint for pushes', async () => {
    const { body } = await keyManager.send('GET', '/.well-known/oauth-authorization-server/oauth2/token');
    const origin = new URL(keyManager.urls.token).origin;
    expect(body).toMatchObject({
      device_authorization_endpoint: `${origin}/oauth2/device_authorize`,
      pushed_authorization_request_endpoint: `${origin}/oauth2/par`,
      require_pushed_authorization_requests: false,
    });
  });

  it('refuses a client that is not let in', async () => {
    const { status, body } = await keyManager.post('/oauth2/device_authorize', { client_id: 'nobody' });
    expect(status).toBe(401);
    expect(body.error).toBe('invalid_client');
    expect((await keyManager.send('GET', '/oauth2/device_authorize')).status).toBe(405);
  });

  it('lets a device in: code, login, consent, tokens', async () => {
    const { device_code: deviceCode, user_code: userCode } = await begin();
    expect((await poll(deviceCode)).body).toEqual({
      error_description: 'The user has not answered yet.',
      error: 'authorization_pending',
    });
    const first = await browser.get(`/device?user_code=${userCode}`);
    expect(first.status).toBe(200);
    expect(first.text).toContain(`value="${userCode}"`);
    expect((await act({ user_code: String(userCode).toLowerCase() })).text).toContain('type="password"');
    const consent = await logIn(userCode);
    expect(consent.text).toContain(`<strong class="code">${userCode}</strong>`);
    expect(consent.text).toContain('alice');
    expect((await decide(consent.text, 'allow')).text).toContain('The device is connected');
    const { status, body } = await poll(deviceCode);
    expect(status).toBe(200);
    expect(body).toMatchObject({ scope: 'read', token_type: 'Bearer', refresh_token: expect.any(String) });
    expect((await poll(deviceCode)).body.error).toBe('invalid_grant');
    expect((await act({ user_code: userCode ?? '' })).text).toContain('We don’t know this code');
  });

  it('does not ask for the password again while the login lasts', async () => {
    await logIn((await begin()).user_code);
    const { user_code: userCode } = await begin();
    expect((await act({ user_code: userCode ?? '' })).text).toContain('Allow');
  });

  it('answers access_denied when the user does not allow it', async () => {
    const { device_code: deviceCode, user_code: userCode } = await begin();
    const consent = await logIn(userCode);
    expect((await decide(consent.text, 'deny')).text).toContain('was not connected');
    expect((await poll(deviceCode)).body.error).toBe('access_denied');
  });

  it('answers slow_down to a device that asks too often', async () => {
    const { device_code: deviceCode } = await begin();
    await poll(deviceCode);
    const { status, body } = await poll(deviceCode);
    expect(status).toBe(400);
    expect(body.error).toBe('slow_down');
  });

  it('gives one of many requests the tokens', async () => {
    const { device_code: deviceCode, user_code: userCode } = await begin();
    await decide((await logIn(userCode)).text, 'allow');
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(deviceCode)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('decides nothing without a login, for another login, or from another site', async () => {
    const { device_code: deviceCode, user_code: userCode = '' } = await begin();
    expect((await act({ user_code: userCode, decision: 'allow' })).text).toContain('type="password"');
    const consent = await logIn(userCode);
    expect((await act({ user_code: userCode, decision: 'allow' })).text).toContain('name="decision"');
    expect((await act({ user_code: userCode, decision: 'allow', session: 'x' })).text).toContain('name="decision"');
    const form = { user_code: userCode, session: hidden(consent.text, 'session'), decision: 'allow' };
    expect((await act(form, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await act(form, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await browser.get(`/device?${new URLSearchParams(form)}`)).text).not.toContain('connected');
    expect(['authorization_pending', 'slow_down']).toContain((await poll(deviceCode)).body.error);
  });

  it('does not say whether the user, the password or the tenant is wrong', async () => {
    const { user_code: userCode } = await begin();
    for (const user of [
      { username: 'alice', password: 'wrong' },
      { username: 'nobody', password: 'wrong' },
      { username: 'dave@elsewhere.com', password: 'another horse' },
    ]) {
      const page = await logIn(userCode, user);
      expect(page.text).toContain('User name and password don’t match.');
      expect(page.setCookies).toEqual([]);
    }
  });

  it('lets the user change who is logged in', async () => {
    const { user_code: userCode = '' } = await begin();
    const consent = await logIn(userCode);
    expect((await decide(consent.text, 'switch')).text).toContain('type="password"');
    expect((await act({ user_code: userCode })).text).toContain('type="password"');
  });

  it('is void when the user is locked between the decision and the tokens', async () => {
    await keyManager.createUser('erin', 'another horse', []);
    const { device_code: deviceCode, user_code: userCode } = await begin();
    await decide((await logIn(userCode, { username: 'erin', password: 'another horse' })).text, 'allow');
    await keyManager.lockUser('erin');
    expect((await poll(deviceCode)).body.error).toBe('invalid_grant');
  });

  it('escapes what it shows, and lets no page put it in a frame', async () => {
    const page = await browser.get(`/device?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(page.text).not.toContain('<script>');
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(page.headers['cache-control']).toBe('no-store');
  });

  it('makes whoever types wrong codes wait, and nobody without a code', async () => {
    const other = await startTestKeyManager({ keyManager: { loginThrottle: { enabled: false } } });
    const typing = new TestBrowser(other);
    for (let nth = 0; nth < 10; nth++) {
      const answer = await typing.post('/device', { user_code: 'BBBB-BBBB' });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('We don’t know this code');
    }
    const refused = await typing.post('/device', { user_code: 'BBBB-BBBB' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await other.stop();
  });

  it('lets no more wrong codes through when they come all at once', async () => {
    const other = await startTestKeyManager({ keyManager: { loginThrottle: { enabled: false } } });
    const guess = () => new TestBrowser(other).post('/device', { user_code: 'BBBB-BBBB' });
    const answers = await Promise.all(Array.from({ length: 30 }, guess));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
    await other.stop();
  });
});
