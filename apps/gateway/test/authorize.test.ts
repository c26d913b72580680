import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send, startTestBed, type TestBed } from './support/test-gateway.js';

const endpoint = 'https://login.example:9443/oauth2/authorize';

describe('/authorize at the gateway', () => {
  let bed: TestBed;
  beforeAll(async () => {
    bed = await startTestBed();
    bed.keyManager.onDiscovery = () => ({
      metadata: '{}',
      keyManagerUrl: 'https://login.example:9443',
      authorizationEndpoint: endpoint,
    });
  });
  afterAll(() => bed.stop());
  const post = (body: string) =>
    send(`${bed.urls.https}/authorize`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });

  it.each([
    ['', ''],
    ['?', ''],
    ['?response_type=code&client_id=a&redirect_uri=https%3A%2F%2fshop.example&state=%20+%C3%BC', undefined],
    ['?client_id=a&client_id=b&x=%zz&y=//evil.example', undefined],
  ])('sends the browser to the key manager with %j as it came', async (query, expected = query) => {
    const { status, headers } = await send(`${bed.urls.https}/authorize${query}`);
    expect([status, headers.location]).toEqual([302, endpoint + expected]);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('makes a GET of a POST', async () => {
    const { status, headers } = await post('client_id=a&state=%C3%BC+%26');
    expect([status, headers.location]).toEqual([303, `${endpoint}?client_id=a&state=%C3%BC+%26`]);
  });

  it('names the key manager where a request is too large for a redirect', async () => {
    for (const answer of [
      await post(`state=${'x'.repeat(9_000)}`),
      await send(`${bed.urls.https}/authorize?state=${'x'.repeat(9_000)}`),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body).toContain(endpoint);
    }
  });

  it.each(['PUT', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
    const { status, headers } = await send(`${bed.urls.https}/authorize`, { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('refuses what is no form', async () => {
    expect((await post('a=%zz')).status).toBe(400);
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await send(`${bed.urls.https}/authorize`, json)).status).toBe(415);
  });
});

describe('/authorize of a key manager where nobody logs in', () => {
  it('is not there', async () => {
    const bed = await startTestBed();
    bed.keyManager.onDiscovery = () => ({ metadata: '{}', keyManagerUrl: 'https://km', authorizationEndpoint: '' });
    expect((await send(`${bed.urls.https}/authorize?client_id=a`)).status).toBe(404);
    await bed.stop();
  });
});
