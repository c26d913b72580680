import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const devportal = '/api/am/devportal/v3';

describe('consumer keys of an application', () => {
  let world: World;
  let token: string;
  let path: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
  });
  beforeEach(async () => {
    nth++;
    const body = { name: `application ${nth}`, throttlingPolicy: 'Unlimited' };
    const made = await world.call('POST', `${devportal}/applications`, { token, body });
    path = `${devportal}/applications/${made.body.applicationId}`;
  });
  afterAll(() => world.stop());

  const generate = (more: Json = {}) =>
    world.call('POST', `${path}/generate-keys`, {
      token,
      body: { keyType: 'PRODUCTION', grantTypesToBeSupported: ['client_credentials'], ...more },
    });
  const ask = (consumerKey: string, consumerSecret: string, form: Record<string, string> = {}) =>
    world.call('POST', '/oauth2/token', {
      basic: [consumerKey, consumerSecret],
      form: { grant_type: 'client_credentials', ...form },
    });

  it('are made once for each key type', async () => {
    const production = await generate({ additionalProperties: { pkceMandatory: 'true' } });
    expect(production).toMatchObject({
      status: 200,
      body: {
        keyManager: 'Resident Key Manager',
        consumerKey: expect.stringMatching(/^[A-Za-z0-9]{28}$/),
        consumerSecret: expect.stringMatching(/^[A-Za-z0-9]{28,}$/),
        consumerSecrets: [],
        supportedGrantTypes: ['client_credentials'],
        callbackUrl: '',
        keyState: 'APPROVED',
        keyType: 'PRODUCTION',
        mode: 'CREATED',
        additionalProperties: { pkceMandatory: true, pkceSupportPlain: false, bypassClientCredentials: false },
      },
    });
    expect(await generate()).toMatchObject({ status: 409, body: { message: 'Key Mappings already exists' } });
    expect(await generate({ keyType: 'SANDBOX' })).toMatchObject({ status: 200, body: { keyType: 'SANDBOX' } });
    const { body } = await world.call('GET', `${path}/oauth-keys`, { token });
    expect(body.count).toBe(2);
    expect(body.list).toContainEqual(production.body);
  });

  it.each([
    [
      { grantTypesToBeSupported: ['authorization_code'], callbackUrl: '' },
      400,
      400,
      'The callback url must have at least one URI value when using Authorization code or implicit grant types.',
    ],
    [
      { callbackUrl: 'javascript:alert(1)' },
      400,
      400,
      'A callback URL must not be one that a browser would run or open as a file.',
    ],
    [{ keyManager: 'Elsewhere' }, 400, 901403, 'Key Manager Elsewhere not found'],
    [
      { additionalProperties: { user_access_token_expiry_time: 'soon' } },
      400,
      400,
      'additionalProperties.user_access_token_expiry_time is a whole number of seconds, or -1 for never',
    ],
  ])('are refused for %j', async (more, status, code, description) => {
    expect(await generate(more)).toMatchObject({ status, body: { code, description } });
  });

  it('name the key manager by its name or its id', async () => {
    expect(await generate({ keyManager: 'Resident Key Manager' })).toMatchObject({ status: 200 });
  });

  it('take their lifetimes from additionalProperties', async () => {
    const { body } = await generate({ additionalProperties: { application_access_token_expiry_time: '77' } });
    expect(await ask(body.consumerKey, body.consumerSecret)).toMatchObject({ status: 200, body: { expires_in: 77 } });
  });

  it('change their grant types with effect on the next token', async () => {
    const { body: key } = await generate();
    expect(await ask(key.consumerKey, key.consumerSecret)).toMatchObject({ status: 200 });
    const changed = await world.call('PUT', `${path}/oauth-keys/${key.keyMappingId}`, {
      token,
      body: { ...key, supportedGrantTypes: ['password'] },
    });
    expect(changed).toMatchObject({ status: 200, body: { ...key, supportedGrantTypes: ['password'] } });
    expect(await ask(key.consumerKey, key.consumerSecret)).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    });
  });

  it('lose the old secret the moment a new one is made', async () => {
    const { body: key } = await generate();
    const renewed = await world.call('POST', `${path}/oauth-keys/${key.keyMappingId}/regenerate-secret`, { token });
    expect(renewed).toMatchObject({ status: 200, body: { consumerKey: key.consumerKey } });
    expect(renewed.body.consumerSecret).not.toBe(key.consumerSecret);
    expect(await ask(key.consumerKey, key.consumerSecret)).toMatchObject({ status: 401 });
    expect(await ask(key.consumerKey, renewed.body.consumerSecret)).toMatchObject({ status: 200 });
    const read = await world.call('GET', `${path}/oauth-keys/${key.keyMappingId}`, { token });
    expect(read.body.consumerSecret).toBe(renewed.body.consumerSecret);
  });

  it('give a token for the application', async () => {
    const { body: key } = await generate();
    const made = await world.call('POST', `${path}/oauth-keys/${key.keyMappingId}/generate-token`, {
      token,
      body: { consumerSecret: key.consumerSecret, validityPeriod: 60, scopes: [] },
    });
    expect(made).toMatchObject({
      status: 200,
      body: { accessToken: expect.stringMatching(/^[0-9a-f]{32}$/), validityTime: 60 },
    });
    expect(made.body.tokenScopes).toContain('am_application_scope');
    const wrong = await world.call('POST', `${path}/oauth-keys/${key.keyMappingId}/generate-token`, {
      token,
      body: { consumerSecret: 'wrong' },
    });
    expect(wrong).toMatchObject({ status: 400, body: { description: expect.stringContaining('invalid_client') } });
    const unreadable = await world.call('POST', `${path}/oauth-keys/${key.keyMappingId}/generate-token`, {
      token,
      body: { consumerSecret: '\ud800' },
    });
    expect(unreadable.status).toBe(400);
  });

  it('take their tokens with them when they, or the application, are deleted', async () => {
    for (const which of ['key', 'application'] as const) {
      const { body: key } = await generate({ keyType: which === 'key' ? 'PRODUCTION' : 'SANDBOX' });
      const granted = await ask(key.consumerKey, key.consumerSecret);
      const deleted = which === 'key' ? `${path}/oauth-keys/${key.keyMappingId}` : path;
      expect(await world.call('DELETE', deleted, { token })).toMatchObject({ status: 200 });
      expect(await ask(key.consumerKey, key.consumerSecret)).toMatchObject({ status: 401 });
      const bearer = await world.call('GET', `${devportal}/applications`, { token: granted.body.access_token });
      expect(bearer).toMatchObject({ status: 401 });
      expect(bearer.headers['www-authenticate']).toContain('invalid_token');
    }
  });

  it('are not found under another application, even an own one', async () => {
    const { body: key } = await generate();
    const other = await world.call('POST', `${devportal}/applications`, {
      token,
      body: { name: `other ${nth}`, throttlingPolicy: 'Unlimited' },
    });
    const crossed = `${devportal}/applications/${other.body.applicationId}/oauth-keys/${key.keyMappingId}`;
    for (const method of ['GET', 'DELETE']) {
      expect(await world.call(method, crossed, { token })).toMatchObject({ status: 404 });
    }
  });

  it('of which no secret is in the log', async () => {
    const { body } = await generate();
    await ask(body.consumerKey, body.consumerSecret);
    expect(world.log.join('\n')).not.toContain(body.consumerSecret);
  });
});
