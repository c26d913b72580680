import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, startTestKeyManager, type TestKeyManager } from '../support/key-manager.js';

/** The same APIs inside the whole key manager: its HTTPS port, its first user, its gateway environment. */
describe('REST APIs of a running key manager', () => {
  let keyManager: TestKeyManager;
  beforeAll(async () => {
    keyManager = await startTestKeyManager();
  });
  afterAll(() => keyManager.stop());

  it('let the first administrator in, and show the gateway it knows of', async () => {
    const json = { 'content-type': 'application/json' };
    const client = await keyManager.send(
      'POST',
      '/client-registration/v0.17/register',
      { ...json, authorization: basic('admin', 'admin') },
      JSON.stringify({ clientName: 'cli', grantType: 'password', owner: 'admin' }),
    );
    expect(client.status).toBe(200);
    const { clientId, clientSecret } = client.body as { clientId: string; clientSecret: string };
    const granted = await keyManager.post(
      '/oauth2/token',
      { grant_type: 'password', username: 'admin', password: 'admin', scope: 'apim:api_view apim:subscribe' },
      basic(clientId, clientSecret),
    );
    const authorization = `Bearer ${granted.body.access_token}`;
    const settings = await keyManager.send('GET', '/api/am/publisher/v4/settings', { authorization });
    expect(settings.body).toMatchObject({
      defaultAdvancePolicy: 'Unlimited',
      environment: [{ name: 'Default', vhosts: [{ host: 'localhost', httpsPort: 8243 }] }],
    });
    const applications = await keyManager.send('GET', '/api/am/devportal/v3/applications', { authorization });
    expect(applications.body).toMatchObject({ count: 1, list: [{ name: 'DefaultApplication', owner: 'admin' }] });
    const users = await keyManager.send('GET', '/scim2/Users', { authorization: basic('admin', 'admin') });
    expect(users.body).toMatchObject({ totalResults: 1 });
  });

  it('answer 401 without a token and 404 below /t/', async () => {
    const path = '/api/am/publisher/v4/apis';
    expect(await keyManager.send('GET', path)).toMatchObject({ status: 401, body: { code: 401 } });
    expect(await keyManager.send('GET', `/t/tenant1.com${path}`)).toMatchObject({ status: 404 });
  });
});
