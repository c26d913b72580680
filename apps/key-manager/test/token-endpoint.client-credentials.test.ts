import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, seedClient, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

describe('grant_type=client_credentials over HTTPS', () => {
  let keyManager: TestKeyManager;
  let authorization: string;
  const form = (more: Record<string, string> = {}) => ({ grant_type: 'client_credentials', ...more });
  const token = (more: Record<string, string> = {}, header = authorization) =>
    keyManager.post('/oauth2/token', form(more), header);

  beforeAll(async () => {
    keyManager = await startTestKeyManager();
    ({ authorization } = await seedFixtures(keyManager.storage));
  });
  afterAll(() => keyManager.stop());

  it('answers an access token without a refresh token', async () => {
    const { status, body } = await token();
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['scope', 'token_type', 'expires_in', 'access_token']);
    expect(body).toMatchObject({ scope: 'am_application_scope default', token_type: 'Bearer', expires_in: 3600 });
  });

  it("asks for scopes with the owner's roles", async () => {
    const { body } = await token({ scope: 'apim:admin read' });
    expect(body.scope).toBe('am_application_scope apim:admin');
  });

  it('takes the credentials from the body', async () => {
    const { status } = await keyManager.post('/oauth2/token', {
      ...form(),
      client_id: 'consumerKey12345678901234567',
      client_secret: 'consumerSecret1234567890',
    });
    expect(status).toBe(200);
  });

  it('refuses credentials in header and body', async () => {
    const { status, body } = await token({ client_secret: 'consumerSecret1234567890' });
    expect(status).toBe(400);
    expect(body.error).toBe('invalid_request');
  });

  it('answers unauthorized_client for a client without the grant', async () => {
    const { clientId, secret } = await seedClient(keyManager.storage, {
      clientId: 'passwordOnly1234567890123456',
      grantTypes: ['password'],
    });
    const { status, body } = await token({}, basic(clientId, secret));
    expect(status).toBe(400);
    expect(body.error).toBe('unauthorized_client');
  });

  it('answers unsupported_grant_type for a grant that is not enabled', async () => {
    const { status, body } = await token({ grant_type: 'implicit' });
    expect(status).toBe(400);
    expect(body).toEqual({ error_description: 'Unsupported grant_type value', error: 'unsupported_grant_type' });
  });

  it('answers invalid_request without grant_type', async () => {
    const { status, body } = await keyManager.post('/oauth2/token', { scope: 'read' }, authorization);
    expect(status).toBe(400);
    expect(body).toEqual({ error_description: 'Missing grant_type parameter value', error: 'invalid_request' });
  });

  it('answers invalid_client once the client is revoked', async () => {
    const { clientId, secret } = await seedClient(keyManager.storage, { clientId: 'revoked123456789012345678901' });
    await keyManager.storage.clientRegistry.updateRegistration(clientId, { active: false });
    const { status, body } = await token({}, basic(clientId, secret));
    expect(status).toBe(401);
    expect(body.error).toBe('invalid_client');
  });

  it('reports a token that never expires with the largest safe integer', async () => {
    const { clientId, secret } = await seedClient(keyManager.storage, {
      clientId: 'never12345678901234567890123',
      lifetimes: { applicationAccessToken: -1 },
    });
    const { body, text } = await token({}, basic(clientId, secret));
    expect(body.expires_in).toBe(Number.MAX_SAFE_INTEGER);
    expect(text).toContain('"expires_in":9007199254740991');
  });
});
