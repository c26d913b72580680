import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestKeyManager, type TestKeyManager } from '../support/key-manager.js';
import { type Json, startWorld, type World } from './support/world.js';

const register = '/oauth2/register';
const basic = ['alice', 'alice-password'] as const;
const redirect_uris = ['https://app.example.com/callback'];
const machine = { grant_types: ['client_credentials'], client_name: 'Nightly report' };

describe('dynamic registration (RFC 7591)', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
    await world.addUser('guest');
  });
  afterAll(() => world.stop());

  const ask = (basic: readonly [string, string], form: Record<string, string> = {}) =>
    world.call('POST', '/oauth2/token', { basic, form: { grant_type: 'client_credentials', ...form } });
  const bearer = (client: Json) => ({ headers: { authorization: `Bearer ${client.registration_access_token}` } });
  const pathOf = (client: Json) => new URL(client.registration_client_uri).pathname;
  const made = async (body: Json = machine) => (await world.call('POST', register, { basic, body })).body;

  it('gives a client, its secret and what manages it', async () => {
    const answer = await world.call('POST', register, { basic, body: machine });
    expect(answer.status).toBe(201);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body).toEqual({
      client_id: expect.stringMatching(/^[A-Za-z0-9]{28}$/),
      client_secret: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      client_secret_expires_at: 0,
      client_id_issued_at: expect.any(Number),
      client_name: 'Nightly report',
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
      registration_client_uri: `https://localhost/oauth2/register/${answer.body.client_id}`,
    });
    expect(await ask([answer.body.client_id, answer.body.client_secret])).toMatchObject({ status: 200 });
    const log = world.log.join('\n');
    expect(log).not.toContain(answer.body.client_secret);
    expect(log).not.toContain(answer.body.registration_access_token);
  });

  it('takes an access token of a user, and gives each client a name of its own', async () => {
    const first = await world.call('POST', register, { token, body: machine });
    const second = await world.call('POST', register, { token, body: machine });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.client_id).not.toBe(second.body.client_id);
  });

  it('lets a client ask for no scope beyond those it registered', async () => {
    const client = await made({ ...machine, scope: 'device_a device_b' });
    const basic = [client.client_id, client.client_secret] as const;
    expect(await ask(basic, { scope: 'device_b' })).toMatchObject({ status: 200 });
    expect(await ask(basic)).toMatchObject({ status: 200 });
    const beyond = await ask(basic, { scope: 'device_b device_c' });
    expect(beyond).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });

  it('gives no secret to a client that has none', async () => {
    const client = await made({ redirect_uris, token_endpoint_auth_method: 'none' });
    expect(client).not.toHaveProperty('client_secret');
    expect(client).not.toHaveProperty('client_secret_expires_at');
    expect(await ask([client.client_id, 'x'])).toMatchObject({ status: 401 });
  });

  it.each([
    ['nobody', {}],
    ['a wrong password', { basic: ['alice', 'wrong'] as const }],
    ['an unknown token', { token: '0'.repeat(32) }],
    ['another scheme', { headers: { authorization: 'Digest x' } }],
  ])('answers 401 to %s', async (_, by) => {
    const answer = await world.call('POST', register, { ...by, body: machine });
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
    expect(answer.headers['www-authenticate']).toMatch(/^(Bearer|Basic) realm=/);
  });

  it('answers 403 to a user without a role for it', async () => {
    const answer = await world.call('POST', register, { basic: ['guest', 'guest-password'], body: machine });
    expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } });
  });

  it.each([
    [{ redirect_uris: ['http://app.example.com'] }, 400, 'invalid_redirect_uri'],
    [{ ...machine, token_endpoint_auth_method: 'client_secret_jwt' }, 400, 'invalid_client_metadata'],
    ['{"broken":', 400, 'invalid_client_metadata'],
    ['[]', 400, 'invalid_client_metadata'],
    ['{"__proto__":{"x":1}}', 400, 'invalid_client_metadata'],
    [{ ...machine, client_name: 'x'.repeat(70_000) }, 413, 'invalid_client_metadata'],
  ])('refuses %.80j', async (body, status, error) => {
    const answer = await world.call('POST', register, { basic, body });
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } });
  });

  it.each([
    [{ 'content-encoding': 'gzip' }, 415],
    [{ 'content-type': 'application/json; charset=utf-16' }, 400],
  ])('takes no body with %j', async (headers, status) => {
    const answer = await world.call('POST', register, { basic, headers, body: machine });
    expect(answer).toMatchObject({ status, body: { error: 'invalid_client_metadata' } });
  });

  it('takes JSON only', async () => {
    const answer = await world.call('POST', register, { basic, form: { client_name: 'x' } });
    expect(answer).toMatchObject({ status: 415, body: { error: 'invalid_client_metadata' } });
  });

  describe('managed by its registration access token (RFC 7592)', () => {
    it('is shown with what is registered', async () => {
      const client = await made({ redirect_uris, client_name: 'Shop', scope: 'openid read' });
      const shown = await world.call('GET', pathOf(client), bearer(client));
      expect(shown).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(shown.body).toEqual(client);
    });

    it('is changed as a whole, under a new token', async () => {
      const client = await made({ redirect_uris, client_name: 'Shop', client_uri: 'https://shop.example' });
      const sent = {
        client_id: client.client_id,
        client_secret: client.client_secret,
        redirect_uris,
        client_name: 'Store',
      };
      const changed = await world.call('PUT', pathOf(client), { ...bearer(client), body: sent });
      expect(changed).toMatchObject({
        status: 200,
        body: { client_name: 'Store', client_secret: client.client_secret },
      });
      expect(changed.body).not.toHaveProperty('client_uri');
      expect(changed.body.registration_access_token).not.toBe(client.registration_access_token);
      expect(await world.call('GET', pathOf(client), bearer(client))).toMatchObject({ status: 401 });
      expect((await world.call('GET', pathOf(client), bearer(changed.body))).body).toEqual(changed.body);
    });

    it('loses its secret when it proves itself by a key from now on', async () => {
      const client = await made();
      const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
      const body = {
        ...machine,
        client_id: client.client_id,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key] },
      };
      const changed = await world.call('PUT', pathOf(client), { ...bearer(client), body });
      expect(changed).toMatchObject({ status: 200, body: { token_endpoint_auth_method: 'private_key_jwt' } });
      expect(changed.body).not.toHaveProperty('client_secret');
      expect(await ask([client.client_id, client.client_secret])).toMatchObject({ status: 401 });
      expect(await world.storage.clientRegistry.listSecrets(client.client_id)).toEqual([]);
      const back = { ...machine, client_id: client.client_id };
      const again = await world.call('PUT', pathOf(client), { ...bearer(changed.body), body: back });
      expect(again.body.client_secret).not.toBe(client.client_secret);
      expect(await ask([client.client_id, again.body.client_secret])).toMatchObject({ status: 200 });
    });

    it.each([
      ['no client_id', { client_id: undefined }],
      ['the client_id of another', { client_id: 'another' }],
      ['a secret of its own choice', { client_secret: 'chosen' }],
      ['a registration token', { registration_access_token: 'x' }],
      ['a time of issue', { client_id_issued_at: 1 }],
    ])('is not changed with %s', async (_, more) => {
      const client = await made();
      const body = { ...machine, client_id: client.client_id, ...more };
      const refused = await world.call('PUT', pathOf(client), { ...bearer(client), body });
      expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
      expect((await world.call('GET', pathOf(client), bearer(client))).body).toEqual(client);
    });

    it('is deleted with its tokens', async () => {
      const client = await made();
      const granted = await ask([client.client_id, client.client_secret]);
      const { authorization } = bearer(client).headers;
      const headers = { authorization, 'content-type': 'application/json' };
      const deleted = await world.call('DELETE', pathOf(client), { headers });
      expect([deleted.status, deleted.text]).toEqual([204, '']);
      expect(await ask([client.client_id, client.client_secret])).toMatchObject({ status: 401 });
      const { tokens } = world.storage;
      const { createHash } = await import('node:crypto');
      const hash = createHash('sha256').update(granted.body.access_token).digest();
      expect(await tokens.findAccessToken(hash)).toMatchObject({ revoked: true });
      expect(await world.call('GET', pathOf(client), bearer(client))).toMatchObject({ status: 401 });
    });

    it('answers 401 to every other token, and for clients made another way', async () => {
      const [client, other] = [await made(), await made()];
      const wso2 = await world.call('POST', '/client-registration/v0.17/register', {
        basic,
        body: { clientName: 'by WSO2', grantType: 'password' },
      });
      const attempts: [string, Json][] = [
        [pathOf(client), bearer(other)],
        [pathOf(client), { token }],
        [pathOf(client), { basic }],
        [pathOf(client), {}],
        [`${register}/${wso2.body.clientId}`, bearer(client)],
        [`${register}/none`, bearer(client)],
        [`${register}/a%00b`, bearer(client)],
      ];
      for (const method of ['GET', 'PUT', 'DELETE']) {
        for (const [path, by] of attempts) {
          const answer = await world.call(method, path, by);
          expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
          expect(answer.headers['www-authenticate']).toContain('Bearer');
        }
      }
      expect((await world.call('GET', pathOf(client), bearer(client))).status).toBe(200);
    });

    it('is in the audit log from first to last', async () => {
      const client = await made();
      const body = { ...machine, client_id: client.client_id };
      const changed = await world.call('PUT', pathOf(client), { ...bearer(client), body });
      await world.call('DELETE', pathOf(client), bearer(changed.body));
      const events = await world.storage.auditTrail.newestEvents({ limit: 10 });
      const own = JSON.stringify(events.filter(({ target }: Json) => target === client.client_id));
      for (const action of ['client.registered', 'client.changed', 'client.deleted']) expect(own).toContain(action);
      expect(own).not.toContain(client.registration_access_token);
    });
  });
});

describe('open registration', () => {
  const started: TestKeyManager[] = [];
  const start = async (access: string) => {
    const keyManager = await startTestKeyManager({ keyManager: { oauth2: { registration: { access } } } });
    started.push(keyManager);
    return keyManager;
  };
  const post = (keyManager: TestKeyManager, body: object) =>
    keyManager.send('POST', register, { 'content-type': 'application/json' }, JSON.stringify(body));
  afterAll(() => Promise.all(started.map((each) => each.stop())));

  it('lets anybody register a client that does nothing without a user', async () => {
    const keyManager = await start('open');
    const made = await post(keyManager, { redirect_uris });
    expect(made).toMatchObject({ status: 201, body: { grant_types: ['authorization_code'] } });
    expect(made.body.registration_client_uri).toBe(`${keyManager.urls.https}${register}/${made.body.client_id}`);
    for (const grantType of ['client_credentials', 'password']) {
      const body = { redirect_uris, grant_types: ['authorization_code', grantType] };
      expect(await post(keyManager, body)).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
    }
    const managed = {
      authorization: `Bearer ${made.body.registration_access_token}`,
      'content-type': 'application/json',
    };
    const more = { client_id: made.body.client_id, redirect_uris, grant_types: ['authorization_code', 'password'] };
    const path = `${register}/${made.body.client_id}`;
    expect(await keyManager.send('PUT', path, managed, JSON.stringify(more))).toMatchObject({ status: 400 });
  });

  it('makes a network wait that registers one client after the other', async () => {
    const keyManager = await start('open');
    const answers = await Promise.all(Array.from({ length: 25 }, () => post(keyManager, { redirect_uris })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.error).toBe('temporarily_unavailable');
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(3_000);
  });

  it('is not there when it is off', async () => {
    const keyManager = await start('off');
    expect(await post(keyManager, { redirect_uris })).toMatchObject({ status: 404 });
  });
});
