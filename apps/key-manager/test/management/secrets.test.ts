import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const devportal = '/api/am/devportal/v3';

describe('the secrets of a consumer key', () => {
  let world: World;
  let token: string;
  let path: string;
  let key: Json;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
  });
  beforeEach(async () => {
    const body = { name: `application ${randomUUID()}`, throttlingPolicy: 'Unlimited' };
    const made = await world.call('POST', `${devportal}/applications`, { token, body });
    const application = `${devportal}/applications/${made.body.applicationId}`;
    const keys = { keyType: 'PRODUCTION', grantTypesToBeSupported: ['client_credentials'] };
    key = (await world.call('POST', `${application}/generate-keys`, { token, body: keys })).body;
    path = `${application}/oauth-keys/${key.keyMappingId}`;
  });
  afterAll(() => world.stop());

  const generate = (additionalProperties?: Json) =>
    world.call('POST', `${path}/generate-secret`, { token, body: { additionalProperties } });
  const list = async () => (await world.call('GET', `${path}/secrets`, { token })).body;
  const statusOf = async (consumerSecret: string) => {
    const form = { grant_type: 'client_credentials' };
    return (await world.call('POST', '/oauth2/token', { basic: [String(key.consumerKey), consumerSecret], form }))
      .status;
  };

  it('are all good at once, until one is revoked', async () => {
    const second = await generate({ description: 'for the new deployment' });
    expect(second).toMatchObject({
      status: 201,
      body: {
        secretId: expect.any(String),
        secretValue: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
        additionalProperties: { description: 'for the new deployment' },
      },
    });
    const third = await generate();
    for (const secret of [key.consumerSecret, second.body.secretValue, third.body.secretValue]) {
      expect(await statusOf(secret)).toBe(200);
    }
    const revoked = await world.call('POST', `${path}/revoke-secret`, {
      token,
      body: { secretId: second.body.secretId },
    });
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect(await statusOf(second.body.secretValue)).toBe(401);
    expect(await statusOf(key.consumerSecret)).toBe(200);
    expect(await statusOf(third.body.secretValue)).toBe(200);
    const again = await world.call('POST', `${path}/revoke-secret`, {
      token,
      body: { secretId: second.body.secretId },
    });
    expect(again).toMatchObject({ status: 404, body: { message: 'Consumer Secret not found' } });
  });

  it('are listed with their values masked', async () => {
    const { body: made } = await generate({ description: 'second', expiresIn: 3_600 });
    const shown = await list();
    expect(shown.count).toBe(2);
    expect(shown.list[1]).toEqual({
      secretId: made.secretId,
      secretValue: `********${made.secretValue.slice(-4)}`,
      additionalProperties: { description: 'second', expiresAt: expect.any(Number) },
    });
    expect(shown.list[1].additionalProperties).toEqual(made.additionalProperties);
    expect(JSON.stringify(shown)).not.toContain(key.consumerSecret);
  });

  it('end when they were said to', async () => {
    const { body: made } = await generate({ expiresIn: '1' });
    expect(await statusOf(made.secretValue)).toBe(200);
    await expect.poll(() => statusOf(made.secretValue), { timeout: 10_000 }).toBe(401);
    expect((await list()).count).toBe(1);
    expect(await statusOf(key.consumerSecret)).toBe(200);
  });

  it.each([
    [{ expiresIn: 'soon' }],
    [{ expiresIn: 0 }],
    [{ expiresIn: 1.5 }],
    [{ expiresIn: '1e300' }],
    [{ description: 7 }],
    [{ description: 'x'.repeat(256) }],
  ])('are not made with %j', async (properties) => {
    expect(await generate(properties)).toMatchObject({ status: 400 });
    expect((await list()).count).toBe(1);
  });

  it('are ten at most', async () => {
    for (let nth = 0; nth < 9; nth++) expect(await generate({ expiresIn: -1 })).toMatchObject({ status: 201 });
    expect(await generate()).toMatchObject({ status: 400, body: { message: 'Consumer Secret limit reached' } });
  });

  it('are all replaced by regenerate-secret', async () => {
    const { body: second } = await generate();
    const { body: renewed } = await world.call('POST', `${path}/regenerate-secret`, { token });
    expect(await statusOf(second.secretValue)).toBe(401);
    expect(await statusOf(key.consumerSecret)).toBe(401);
    expect(await statusOf(renewed.consumerSecret)).toBe(200);
    expect((await list()).count).toBe(1);
  });

  it('are nowhere in the log, nor in the audit log', async () => {
    const { body: made } = await generate({ description: 'x' });
    await statusOf(made.secretValue);
    expect(world.log.join('\n')).not.toContain(made.secretValue);
    const events = await world.storage.auditTrail.newestEvents({ limit: 20 });
    expect(JSON.stringify(events)).not.toContain(made.secretValue);
    expect(JSON.stringify(events)).toContain('consumer_secret.generated');
  });

  it('go with the key when it is cleaned up, and a new one can be made', async () => {
    expect(await world.call('POST', `${path}/clean-up`, { token })).toMatchObject({ status: 200 });
    expect(await statusOf(key.consumerSecret)).toBe(401);
    const keys = { keyType: 'PRODUCTION', grantTypesToBeSupported: ['client_credentials'] };
    const again = path.replace(/\/oauth-keys\/.*/, '/generate-keys');
    expect(await world.call('POST', again, { token, body: keys })).toMatchObject({ status: 200 });
  });
});

describe('map-keys', () => {
  let world: World;
  let token: string;
  let application: string;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
    await world.addUser('bob', 'Internal/subscriber');
  });
  beforeEach(async () => {
    const body = { name: `application ${randomUUID()}`, throttlingPolicy: 'Unlimited' };
    const made = await world.call('POST', `${devportal}/applications`, { token, body });
    application = `${devportal}/applications/${made.body.applicationId}`;
  });
  afterAll(() => world.stop());

  const map = (body: Json) =>
    world.call('POST', `${application}/map-keys`, { token, body: { keyType: 'PRODUCTION', ...body } });
  const register = async (basic: readonly [string, string]) => {
    const body = { clientName: `client ${randomUUID()}`, grantType: 'client_credentials' };
    return (await world.call('POST', '/client-registration/v0.17/register', { basic, body })).body;
  };
  const ask = (basic: readonly [string, string]) =>
    world.call('POST', '/oauth2/token', { basic, form: { grant_type: 'client_credentials' } });

  it('takes over a consumer key and secret made elsewhere', async () => {
    const consumerKey = `imported-${randomUUID()}`;
    const consumerSecret = 'ksdSdoefDDP7wpaElfqvmjDue';
    expect(await map({ consumerKey, consumerSecret })).toMatchObject({
      status: 200,
      body: { consumerKey, consumerSecret, mode: 'MAPPED', keyType: 'PRODUCTION', keyManager: 'Resident Key Manager' },
    });
    expect(await ask([consumerKey, consumerSecret])).toMatchObject({ status: 200 });
    const { body } = await world.call('GET', `${application}/oauth-keys`, { token });
    expect(body.list).toMatchObject([{ consumerKey, consumerSecret: '', mode: 'MAPPED' }]);
    expect(await map({ consumerKey: `other-${randomUUID()}`, consumerSecret })).toMatchObject({
      status: 409,
      body: { message: 'Key Mappings already exists' },
    });
  });

  it('gives the application a client that its owner registered', async () => {
    const { clientId, clientSecret } = await register(['alice', 'alice-password']);
    expect(await map({ consumerKey: clientId, consumerSecret: clientSecret })).toMatchObject({
      status: 200,
      body: { consumerKey: clientId, consumerSecret: clientSecret, mode: 'MAPPED' },
    });
    expect(await ask([clientId, clientSecret])).toMatchObject({ status: 200 });
  });

  it('needs no secret for a client that has none', async () => {
    const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }] };
    const body = { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', jwks };
    const basic = ['alice', 'alice-password'] as const;
    const { body: client } = await world.call('POST', '/oauth2/register', { basic, body });
    expect(await map({ consumerKey: client.client_id, consumerSecret: 'guessed guessed guessed' })).toMatchObject({
      status: 400,
    });
    expect(await map({ consumerKey: client.client_id })).toMatchObject({ status: 200, body: { mode: 'MAPPED' } });
  });

  it('takes nobody the client away', async () => {
    const theirs = await register(['bob', 'bob-password']);
    const own = await register(['alice', 'alice-password']);
    for (const [consumerKey, consumerSecret] of [
      [theirs.clientId, theirs.clientSecret],
      [theirs.clientId, undefined],
      [own.clientId, 'another secret of twenty'],
      [own.clientId, undefined],
      [own.clientId, ''],
    ]) {
      expect(await map({ consumerKey, consumerSecret })).toMatchObject({
        status: 400,
        body: { description: 'The consumer key is taken, or its secret is wrong' },
      });
    }
    expect(await ask([theirs.clientId, theirs.clientSecret])).toMatchObject({ status: 200 });
  });

  it.each([
    [{ consumerKey: 'a b c d e', consumerSecret: 'long enough for a secret' }],
    // Its own tokens would have the subject of a user (RFC 9700 §4.15).
    [{ consumerKey: 'admin@carbon.super', consumerSecret: 'long enough for a secret' }],
    [{ consumerKey: 'short', consumerSecret: 'long enough for a secret' }],
    [{ consumerKey: 'with-a-short-secret', consumerSecret: 'short' }],
    [{ consumerKey: 'without-a-secret' }],
    [{ consumerKey: 'of-another-server', consumerSecret: 'long enough for a secret', keyManager: 'Elsewhere' }],
  ])('refuses %j', async (body) => {
    expect(await map(body)).toMatchObject({ status: 400 });
  });
});
