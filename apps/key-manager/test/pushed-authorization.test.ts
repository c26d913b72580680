import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { member, TestBrowser } from './support/browser.js';
import { eachStorage } from './support/each-storage.js';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

const callback = 'https://shop.example/callback';
const grantTypes = ['authorization_code', 'refresh_token'];

describe.each(eachStorage)('pushed authorization requests over HTTPS, $name storage', ({ openStorage }) => {
  let keyManager: TestKeyManager;
  let clientId: string;
  let authorization: string;

  beforeAll(async () => {
    keyManager = await startTestKeyManager({ openStorage });
    const metadata = { redirectUris: [callback], requirePushedAuthorizationRequests: true };
    ({ clientId, authorization } = await seedFixtures(keyManager.storage, { grantTypes, metadata }));
    await keyManager.createUser(alice.username, alice.password, ['readers']);
  });
  afterAll(() => keyManager.stop());

  const request = { response_type: 'code', redirect_uri: callback, scope: 'read', state: 's' };
  const push = (change: Record<string, string> = {}, by = authorization) =>
    keyManager.post('/oauth2/par', { ...request, ...change }, by);
  const authorize = (query: Record<string, string>) =>
    new TestBrowser(keyManager).get(`/oauth2/authorize?${new URLSearchParams(query)}`);

  it('answers 201 and a reference', async () => {
    const { status, headers, body } = await push();
    expect(status).toBe(201);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[0-9a-f]{32}$/),
      expires_in: 60,
    });
  });

  it('leads through login and consent to tokens', async () => {
    const browser = new TestBrowser(keyManager);
    const requestUri = String((await push()).body.request_uri);
    const first = await browser.get(
      `/oauth2/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`,
    );
    const sessionDataKey = member(first.location, 'sessionDataKey');
    const answered = await browser.post('/commonauth', { ...alice, tocommonauth: 'true', sessionDataKey });
    const consent = await browser.get(answered.location);
    const sessionDataKeyConsent = member(consent.location, 'sessionDataKeyConsent');
    const { location } = await browser.post('/oauth2/authorize', { consent: 'approve', sessionDataKeyConsent });
    expect(location).toMatch(/^https:\/\/shop\.example\/callback\?/);
    expect(member(location, 'state')).toBe('s');
    const code = member(location, 'code');
    const form = { grant_type: 'authorization_code', code, redirect_uri: callback };
    expect((await keyManager.post('/oauth2/token', form, authorization)).body).toMatchObject({ scope: 'read' });
  });

  it('takes a reference once', async () => {
    const query = { client_id: clientId, request_uri: String((await push()).body.request_uri) };
    expect((await authorize(query)).location).toContain('sessionDataKey');
    expect((await authorize(query)).location).toContain('oauthErrorCode=invalid_request');
  });

  it('refuses a request that was not pushed', async () => {
    const { location } = await authorize({ client_id: clientId, ...request });
    expect(location).toMatch(/^https:\/\/shop\.example\/callback\?/);
    expect(member(location, 'error')).toBe('invalid_request');
  });

  it.each<[string, Record<string, string>, string]>([
    ['an unregistered address', { redirect_uri: 'https://evil.example' }, 'invalid_request'],
    ['a reference in it', { request_uri: 'urn:x' }, 'invalid_request'],
    ['a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
    ['a response type nobody knows', { response_type: 'device' }, 'unsupported_response_type'],
    ['a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['a registration', { registration: '{}' }, 'registration_not_supported'],
  ])('answers 400 for %s', async (_what, change, error) => {
    const { status, body } = await push(change);
    expect(status).toBe(400);
    expect(body.error).toBe(error);
  });

  it('answers 401 to a client that does not prove itself, and 405 to other methods', async () => {
    expect((await push({}, 'Basic eDp5')).status).toBe(401);
    expect((await keyManager.send('GET', '/oauth2/par')).status).toBe(405);
  });
});
