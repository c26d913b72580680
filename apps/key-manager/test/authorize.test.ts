import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hidden, member, TestBrowser } from './support/browser.js';
import { alice, seedClient, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const callback = 'https://shop.example/callback';

describe('the authorization endpoint', () => {
  let keyManager: TestKeyManager;
  let issuer: string;
  let clientId: string;
  let authorization: string;
  let browser: TestBrowser;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({
      keyManager: {
        loginThrottle: { enabled: false },
        oauth2: { grantTypes: ['password', 'refresh_token', 'client_credentials', 'authorization_code', 'implicit'] },
      },
    });
    issuer = keyManager.urls.issuer;
    const grantTypes = ['authorization_code', 'refresh_token', 'implicit'];
    const metadata = { redirectUris: [callback] };
    ({ clientId, authorization } = await seedFixtures(keyManager.storage, { grantTypes, metadata }));
    await seedClient(keyManager.storage, {
      clientId: 'publicClient',
      confidential: false,
      grantTypes: ['authorization_code', 'refresh_token'],
      metadata: { redirectUris: ['http://127.0.0.1/native'] },
    });
    await keyManager.createUser(alice.username, alice.password, ['readers']);
    await keyManager.createUser('bob', 'another horse', []);
  });
  afterAll(() => keyManager.stop());
  beforeEach(async () => {
    browser = new TestBrowser(keyManager);
    for (const { clientId: allowed } of await keyManager.storage.consents.listConsents('alice@carbon.super')) {
      await keyManager.storage.consents.forgetConsent('alice@carbon.super', allowed);
    }
  });

  const ask = (change: Record<string, string> = {}) => {
    const parameters = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope: 'read',
      state: 's 1',
      ...change,
    };
    return `/oauth2/authorize?${new URLSearchParams(parameters)}`;
  };

  async function logIn(path = ask(), user = alice) {
    const first = await browser.get(path);
    const sessionDataKey = member(first.location, 'sessionDataKey');
    if (sessionDataKey === '') return first;
    const answered = await browser.post('/commonauth', { ...user, tocommonauth: 'true', sessionDataKey });
    return browser.get(answered.location);
  }

  /** Up to the redirect to the client. */
  async function allow(path = ask(), form: Record<string, string> = {}) {
    const { location } = await logIn(path);
    const sessionDataKeyConsent = member(location, 'sessionDataKeyConsent');
    return browser.post('/oauth2/authorize', { consent: 'approve', sessionDataKeyConsent, ...form });
  }

  const exchange = (code: string, change: Record<string, string> = {}) =>
    keyManager.post(
      '/oauth2/token',
      { grant_type: 'authorization_code', code, redirect_uri: callback, ...change },
      authorization,
    );

  const claimsOf = (jwt: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());

  const isActive = async (accessToken: unknown) =>
    (await keyManager.post('/oauth2/introspect', { token: String(accessToken) }, authorization)).body.active;

  it('goes step by step as WSO2 does: login page, commonauth, consent page, code', async () => {
    const start = await browser.get(ask());
    expect(start.status).toBe(302);
    expect(start.location).toMatch(/^\/authenticationendpoint\/login\.do\?sessionDataKey=/);
    const sessionDataKey = member(start.location, 'sessionDataKey');
    expect(start.setCookies[0]).toMatch(
      new RegExp(`^sessionNonceCookie-${sessionDataKey}=[\\w-]+; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax$`),
    );

    const login = await browser.get(start.location);
    expect(login.status).toBe(200);
    expect(hidden(login.text, 'sessionDataKey')).toBe(sessionDataKey);

    const loggedIn = await browser.post('/commonauth', { ...alice, tocommonauth: 'true', sessionDataKey });
    expect(loggedIn.status).toBe(302);
    expect(loggedIn.location).toMatch(/^\/oauth2\/authorize\?sessionDataKey=/);
    expect(member(loggedIn.location, 'sessionDataKey')).not.toBe(sessionDataKey);
    expect(loggedIn.setCookies.join('\n')).toMatch(
      /^commonAuthId=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/m,
    );

    const asked = await browser.get(loggedIn.location);
    expect(asked.status).toBe(302);
    expect(member(asked.location, 'application')).toBe(clientId);
    const consent = await browser.get(asked.location);
    expect(consent.status).toBe(200);
    expect(consent.text).toContain(clientId);

    const sessionDataKeyConsent = member(asked.location, 'sessionDataKeyConsent');
    const form = { consent: 'approve', hasApprovedAlways: 'false', sessionDataKeyConsent };
    const { status, location } = await browser.post('/oauth2/authorize', form);
    expect(status).toBe(302);
    expect(location.startsWith(`${callback}?code=`)).toBe(true);
    expect(member(location, 'state')).toBe('s 1');
    expect(member(location, 'iss')).toBe(issuer);

    const granted = await exchange(member(location, 'code'));
    expect(granted.status).toBe(200);
    expect(granted.body).toMatchObject({ scope: 'read', token_type: 'Bearer', expires_in: expect.any(Number) });
    expect(granted.body.refresh_token).toEqual(expect.any(String));
    expect(await isActive(granted.body.access_token)).toBe(true);
  });

  it('answers with a token in the fragment for response_type=token', async () => {
    const { location } = await allow(ask({ response_type: 'token' }));
    expect(location.startsWith(`${callback}#access_token=`)).toBe(true);
    expect(member(location, 'token_type')).toBe('Bearer');
    expect(member(location, 'iss')).toBe(issuer);
    expect(member(location, 'refresh_token')).toBe('');
    expect(await isActive(member(location, 'access_token'))).toBe(true);
  });

  it('answers without an id_token for response_type=token, whatever the scope', async () => {
    const { location } = await allow(ask({ response_type: 'token', scope: 'openid' }));
    expect(await isActive(member(location, 'access_token'))).toBe(true);
    expect(member(location, 'id_token')).toBe('');
  });

  it.each(['id_token', 'id_token token', 'token id_token'])('tells of the login for response_type=%s', async (type) => {
    const asked = ask({ response_type: type, scope: 'openid', nonce: 'n 1', response_mode: 'fragment' });
    const { location } = await allow(asked);
    const claims = claimsOf(member(location, 'id_token'));
    expect(claims).toMatchObject({ iss: issuer, aud: clientId, nonce: 'n 1', sid: expect.any(String), amr: ['pwd'] });
    expect(claims.auth_time).toBeGreaterThan(1_700_000_000);
    expect([member(location, 'access_token') !== '', 'at_hash' in claims]).toEqual(
      type === 'id_token' ? [false, false] : [true, true],
    );
  });

  it('tells of the login in the id_token for a code, but not without openid', async () => {
    const code = member((await allow(ask({ scope: 'openid', nonce: 'n' }))).location, 'code');
    const granted = await exchange(code);
    expect(claimsOf(String(granted.body.id_token))).toMatchObject({ nonce: 'n', aud: clientId, amr: ['pwd'] });
    const plain = await exchange(member((await allow(ask({ nonce: 'n' }))).location, 'code'));
    expect(plain.body).not.toHaveProperty('id_token');
  });

  it('answers with a form for response_mode=form_post', async () => {
    const page = await allow(ask({ response_mode: 'form_post' }));
    expect(page.status).toBe(200);
    expect(page.text).toContain(`<form method="post" action="${callback}">`);
    expect((await exchange(hidden(page.text, 'code'))).status).toBe(200);
  });

  it('takes a code once', async () => {
    const code = member((await allow()).location, 'code');
    const first = await exchange(code);
    expect(await isActive(first.body.access_token)).toBe(true);
    const second = await exchange(code);
    expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
    // Whoever came second may be the owner, so what the first one got is over.
    expect(await isActive(first.body.access_token)).toBe(false);
    const refreshed = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) },
      authorization,
    );
    expect(refreshed.body.error).toBe('invalid_grant');
  });

  it('gives tokens for a code to one of 20 at a time, and ends them', async () => {
    const code = member((await allow()).location, 'code');
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(code)));
    const granted = answers.filter(({ status }) => status === 200);
    expect(granted).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(19);
    expect(await isActive(granted[0]?.body.access_token)).toBe(false);
  });

  it('holds a code to its redirect_uri, client and verifier, without using it up', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const code = member(
      (await allow(ask({ code_challenge: challenge, code_challenge_method: 'S256' }))).location,
      'code',
    );
    const wrong = [
      { code_verifier: verifier, redirect_uri: `${callback}/` },
      { code_verifier: randomBytes(32).toString('base64url') },
      { code_verifier: '' },
    ];
    for (const change of wrong) expect((await exchange(code, change)).body.error).toBe('invalid_grant');
    const stranger = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier };
    const other = await keyManager.post('/oauth2/token', { ...stranger, client_id: 'publicClient' });
    expect(other.body.error).toBe('invalid_grant');
    const granted = await exchange(code, { code_verifier: verifier });
    expect(granted.status).toBe(200);
    // Nor does a wrong verifier later end what was granted.
    await exchange(code, { code_verifier: randomBytes(32).toString('base64url') });
    expect(await isActive(granted.body.access_token)).toBe(true);
  });

  it('serves a native app on any port of the loopback address, with PKCE only', async () => {
    const native = { client_id: 'publicClient', redirect_uri: 'http://127.0.0.1:51234/native' };
    const refused = await browser.get(ask(native));
    expect(refused.location).toMatch(/^http:\/\/127\.0\.0\.1:51234\/native\?error=invalid_request/);
    const verifier = randomBytes(32).toString('base64url');
    const code_challenge = createHash('sha256').update(verifier).digest('base64url');
    const { location } = await allow(ask({ ...native, code_challenge, code_challenge_method: 'S256' }), {
      hasApprovedAlways: 'true',
    });
    const { status } = await keyManager.post('/oauth2/token', {
      grant_type: 'authorization_code',
      client_id: 'publicClient',
      code: member(location, 'code'),
      redirect_uri: native.redirect_uri,
      code_verifier: verifier,
    });
    expect(status).toBe(200);
    // Any app can listen there, so the user is asked each time.
    const again = await browser.get(ask({ ...native, code_challenge, code_challenge_method: 'S256' }));
    expect(again.location).toContain('oauth2_consent.do');
  });

  it('remembers a login and what was always allowed, and asks again for more', async () => {
    await allow(ask(), { hasApprovedAlways: 'true' });
    const again = await browser.get(ask());
    expect(again.location).toContain(`${callback}?code=`);
    const more = await browser.get(ask({ scope: 'read openid' }));
    expect(more.location).toContain('oauth2_consent.do');
    const asked = await browser.get(ask({ prompt: 'consent' }));
    expect(asked.location).toContain('oauth2_consent.do');
  });

  it('forgets nothing but the login when it is not allowed always', async () => {
    await allow(ask(), { hasApprovedAlways: 'false' });
    expect((await browser.get(ask())).location).toContain('oauth2_consent.do');
  });

  it('answers prompt=none without any page', async () => {
    const error = async () => member((await browser.get(ask({ prompt: 'none' }))).location, 'error');
    expect(await error()).toBe('login_required');
    await logIn();
    expect(await error()).toBe('consent_required');
    await allow(ask(), { hasApprovedAlways: 'true' });
    expect((await browser.get(ask({ prompt: 'none' }))).location).toContain(`${callback}?code=`);
    expect(member((await browser.get(ask({ prompt: 'none', max_age: '0' }))).location, 'error')).toBe('login_required');
  });

  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['prompt=select_account', { prompt: 'select_account' }],
  ])('lets the user log in again for %s, once', async (_what, change) => {
    await allow(ask(), { hasApprovedAlways: 'true' });
    const first = browser.cookies.get('commonAuthId');
    const answered = await logIn(ask(change));
    expect(answered.location).toContain(`${callback}?code=`);
    expect(browser.cookies.get('commonAuthId')).not.toBe(first);
  });

  it('shows a wrong password on the login page, keeps the name, and says the same for everybody', async () => {
    const { location } = await browser.get(ask());
    const sessionDataKey = member(location, 'sessionDataKey');
    const pages: string[] = [];
    for (const username of ['alice', 'nobody']) {
      const refused = await browser.post('/commonauth', { username, password: 'wrong', sessionDataKey });
      expect(refused.status).toBe(302);
      expect(member(refused.location, 'error')).toBe('login_failed');
      const page = await browser.get(refused.location);
      expect(page.text).toContain(`value="${username}"`);
      pages.push(page.text.replaceAll(username, ''));
    }
    expect(pages[0]).toContain('role="alert"');
    expect(pages[0]).toBe(pages[1]);
    expect(browser.cookies.has('commonAuthId')).toBe(false);
    const right = await browser.post('/commonauth', { ...alice, sessionDataKey });
    expect(right.location).toContain('/oauth2/authorize?sessionDataKey=');
  });

  it('tells the client when the user denies, or gives up logging in', async () => {
    const denied = await allow(ask(), { consent: 'deny' });
    expect(denied.location.startsWith(`${callback}?error=access_denied`)).toBe(true);
    expect([member(denied.location, 'state'), member(denied.location, 'iss')]).toEqual(['s 1', issuer]);
    browser = new TestBrowser(keyManager);
    const { location } = await browser.get(ask());
    const cancelled = await browser.post('/commonauth', {
      cancel: 'true',
      sessionDataKey: member(location, 'sessionDataKey'),
    });
    expect(member(cancelled.location, 'error')).toBe('access_denied');
  });

  it('drops what the user may not have', async () => {
    const code = member((await allow(ask({ scope: 'read update nothing' }))).location, 'code');
    expect((await exchange(code)).body.scope).toBe('read');
  });

  it('takes a request by POST too', async () => {
    const { status, location } = await browser.post('/oauth2/authorize', ask().split('?')[1] ?? '');
    expect([status, location]).toEqual([302, ask()]);
  });

  describe('refuses to redirect', () => {
    it.each([
      [
        'no redirect_uri',
        { redirect_uri: '' },
        'invalid_request',
        'Redirect URI is not present in the authorization request',
      ],
      ['another redirect_uri', { redirect_uri: 'https://evil.example/' }, 'invalid_callback', 'callback.not.match'],
      ['an unknown client', { client_id: 'nobody' }, 'invalid_client', ''],
      ['no client', { client_id: '' }, 'invalid_request', ''],
      ['a reference that was not pushed', { request_uri: 'https://shop.example/r' }, 'invalid_request', 'request_uri'],
    ])('with %s', async (_what, change, code, message) => {
      const { status, location } = await browser.get(ask(change));
      expect(status).toBe(302);
      expect(location).toMatch(/^\/authenticationendpoint\/oauth2_error\.do\?/);
      expect(member(location, 'oauthErrorCode')).toBe(code);
      expect(member(location, 'oauthErrorMsg')).toContain(message);
      const page = await browser.get(location);
      expect(page.status).toBe(400);
      expect(page.text).toContain('role="alert"');
    });

    it('and says nothing on the error page that came with the address', async () => {
      const page = await browser.get(
        '/authenticationendpoint/oauth2_error.do?oauthErrorCode=%3Cb%3E&oauthErrorMsg=Call+555',
      );
      expect(page.text).not.toMatch(/555|<b>|&lt;b/);
    });

    it('with a broken query', async () => {
      const page = await browser.get('/oauth2/authorize?client_id=%zz');
      expect([page.status, page.location]).toEqual([400, '']);
    });
  });

  describe('against forged requests', () => {
    it('takes no login or decision without the step that its own browser holds', async () => {
      const { location } = await browser.get(ask());
      const sessionDataKey = member(location, 'sessionDataKey');
      const victim = new TestBrowser(keyManager);
      const forged = await victim.post('/commonauth', { ...alice, sessionDataKey });
      expect([forged.status, victim.cookies.size]).toEqual([400, 0]);
      const { location: consent } = await logIn();
      const decided = await victim.post('/oauth2/authorize', {
        consent: 'approve',
        sessionDataKeyConsent: member(consent, 'sessionDataKeyConsent'),
      });
      expect(decided.status).toBe(400);
    });

    it('takes no decision of one user for another', async () => {
      const { location } = await logIn();
      const sessionDataKeyConsent = member(location, 'sessionDataKeyConsent');
      await logIn(ask({ prompt: 'login' }), { username: 'bob', password: 'another horse' });
      const decided = await browser.post('/oauth2/authorize', { consent: 'approve', sessionDataKeyConsent });
      expect([decided.status, decided.location]).toEqual([400, '']);
    });

    it.each([
      [{ 'sec-fetch-site': 'cross-site' }],
      [{ 'sec-fetch-site': 'same-site' }],
      [{ origin: 'https://evil.example' }],
      [{ origin: 'null' }],
    ])('takes no form from elsewhere: %o', async (headers) => {
      const { location } = await browser.get(ask());
      const form = { ...alice, sessionDataKey: member(location, 'sessionDataKey') };
      const forged = await browser.post('/commonauth', form, headers as Record<string, string>);
      expect([forged.status, browser.cookies.has('commonAuthId')]).toEqual([403, false]);
      const own = { origin: `https://localhost:${keyManager.ports.https}` };
      expect((await browser.post('/commonauth', form, own)).status).toBe(302);
    });

    it('shows nothing inside of frames and runs no script', async () => {
      const { location } = await browser.get(ask());
      const { headers, text } = await browser.get(location);
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['cache-control']).toBe('no-store');
      expect(text).not.toMatch(/<script|<style| style=| on[a-z]+=/);
    });
  });

  it('keeps nothing for a million requests that nobody follows up, and bounds the cookies', async () => {
    for (let count = 0; count < 30; count++) await browser.get(ask({ state: 'x'.repeat(1_500) }));
    const bytes = [...browser.cookies].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThan(12_500);
    expect((await browser.get(ask())).status).toBe(302);
    const tooLarge = await browser.get(ask({ state: 'x'.repeat(2_000), nonce: 'y'.repeat(1_000) }));
    expect(member(tooLarge.location, 'error')).toBe('invalid_request');
  });

  it('ends the login, and the codes it made, when the user gets another password', async () => {
    const code = member((await allow()).location, 'code');
    const user = await keyManager.storage.users.findUser({
      domain: 'PRIMARY',
      username: 'alice',
      tenantDomain: 'carbon.super',
    });
    if (!user) throw new Error('alice is gone');
    await keyManager.accounts.setPassword(user, alice.password, { actor: 'test' });
    expect((await exchange(code)).body.error).toBe('invalid_grant');
    expect((await browser.get(ask())).location).toContain('login.do');
  });

  describe('logout', () => {
    it('asks before it ends the login', async () => {
      await logIn();
      const page = await browser.get('/oidc/logout');
      expect(page.text).toContain('alice');
      expect((await browser.get(ask({ prompt: 'none' }))).location).toContain('consent_required');
      const left = await browser.post('/oidc/logout', {
        logout: 'true',
        sessionDataKey: hidden(page.text, 'sessionDataKey'),
      });
      expect([left.status, browser.cookies.has('commonAuthId')]).toEqual([200, false]);
      expect((await browser.get(ask({ prompt: 'none' }))).location).toContain('login_required');
    });

    it('needs no question from a client that holds an id token of this login', async () => {
      const code = member((await allow(ask({ scope: 'openid' }))).location, 'code');
      const hint = String((await exchange(code)).body.id_token);
      const elsewhere = browser;
      browser = new TestBrowser(keyManager);
      await logIn();
      const asked = await browser.get(`/oidc/logout?id_token_hint=${hint}`);
      expect([asked.status, hidden(asked.text, 'sessionDataKey')]).toEqual([200, expect.stringMatching(/.{36}/)]);
      const left = await elsewhere.get(`/oidc/logout?id_token_hint=${hint}`);
      expect([left.status, elsewhere.cookies.has('commonAuthId')]).toEqual([200, false]);
    });

    it('cannot be forged', async () => {
      await logIn();
      const forged = await browser.post('/oidc/logout', { logout: 'true', sessionDataKey: 'guess' });
      expect(forged.status).toBe(400);
      expect((await browser.get(ask({ prompt: 'none' }))).location).toContain('consent_required');
    });

    it('takes no login away by a form of another site, with which browsers send no cookie', async () => {
      const posted = await new TestBrowser(keyManager).post('/oidc/logout', {
        client_id: clientId,
        state: 's',
        x: 'y',
      });
      expect([posted.status, posted.location]).toEqual([302, `/oidc/logout?client_id=${clientId}&state=s`]);
      expect(posted.setCookies).toEqual([]);
      const followed = await new TestBrowser(keyManager).get(posted.location);
      expect([followed.status, followed.setCookies]).toEqual([200, []]);
      const large = { id_token_hint: 'x'.repeat(7_000), client_id: clientId };
      const short = await new TestBrowser(keyManager).post('/oidc/logout', large);
      expect(short.location).toBe(`/oidc/logout?client_id=${clientId}`);
    });

    it('returns only to an address that the client registered', async () => {
      const returnTo = 'https://shop.example/bye';
      await seedClient(keyManager.storage, { clientId: 'leaving', metadata: { postLogoutRedirectUris: [returnTo] } });
      const out = (query: Record<string, string>) => browser.get(`/oidc/logout?${new URLSearchParams(query)}`);
      const own = { client_id: 'leaving', post_logout_redirect_uri: returnTo, state: 'a b' };
      expect((await out(own)).location).toBe(`${returnTo}?state=a+b`);
      expect((await out({ ...own, post_logout_redirect_uri: 'https://evil.example/' })).status).toBe(200);
      expect((await out({ post_logout_redirect_uri: returnTo })).status).toBe(200);
    });
  });
});

describe('the login page', () => {
  it('shows how long to wait after too many wrong passwords, with 429 and Retry-After', async () => {
    const loginThrottle = { freeAttempts: 1, baseDelaySeconds: 240 };
    const keyManager = await startTestKeyManager({ keyManager: { loginThrottle } });
    const metadata = { redirectUris: [callback] };
    const { clientId } = await seedClient(keyManager.storage, { grantTypes: ['authorization_code'], metadata });
    const browser = new TestBrowser(keyManager);
    const query = new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: callback });
    const { location } = await browser.get(`/oauth2/authorize?${query}`);
    const form = { username: 'admin', password: 'wrong', sessionDataKey: member(location, 'sessionDataKey') };
    expect((await browser.post('/commonauth', form)).status).toBe(302);
    const { status, headers, text } = await browser.post('/commonauth', { ...form, password: 'admin' });
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(200);
    expect(text).toMatch(/role="alert".*wait 4 minutes/s);
    expect(hidden(text, 'sessionDataKey')).toBe(form.sessionDataKey);
    await keyManager.stop();
  });
});
