import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/oauth2/token-hash.js';
import { type Json, startWorld, type World } from './support/world.js';

const devportal = '/api/am/devportal/v3';

describe('API keys of an application', () => {
  let world: World;
  let token: string;
  let applicationId: string;
  let keys: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('alice', 'Internal/subscriber');
  });
  beforeEach(async () => {
    nth++;
    const body = { name: `application ${nth}`, throttlingPolicy: 'Unlimited' };
    const made = await world.call('POST', `${devportal}/applications`, { token, body });
    applicationId = made.body.applicationId;
    keys = `${devportal}/applications/${applicationId}/api-keys/PRODUCTION`;
  });
  afterAll(() => world.stop());

  const generate = (body: Json = {}, by = token) => world.call('POST', `${keys}/generate`, { token: by, body });
  const list = async (type = 'PRODUCTION') =>
    (await world.call('GET', `${devportal}/applications/${applicationId}/api-keys/${type}`, { token })).body;
  const found = (apikey: string) => world.storage.apiKeys.findApiKey(sha256(apikey));

  it('are shown once, and kept as a hash', async () => {
    const wishes = { permittedIP: '10.0.0.0/8, ::1', permittedReferer: 'shop.example.com/*,*.example.com/*' };
    const made = await generate({ keyName: 'till', validityPeriod: 3600, additionalProperties: wishes });
    expect(made).toMatchObject({ status: 200, body: { keyName: 'till', validityPeriod: 3600 } });
    expect(made.body.apikey).toMatch(/^kgak_[\w-]{43}$/);
    expect(await found(made.body.apikey)).toMatchObject({
      applicationId,
      keyType: 'PRODUCTION',
      owner: 'alice@carbon.super',
      permittedIps: ['10.0.0.0/8', '::1'],
      permittedReferers: ['shop.example.com/*', '*.example.com/*'],
    });
    const entry = { keyUUID: made.body.keyUUID, keyName: 'till', validityPeriod: 3600, lastUsed: null };
    const restrictions = { permittedIP: '10.0.0.0/8,::1', permittedReferer: wishes.permittedReferer };
    const listed = await list();
    expect(listed).toEqual([{ ...entry, issuedOn: expect.any(String), additionalProperties: restrictions }]);
    expect(await list('SANDBOX')).toEqual([]);
    expect(JSON.stringify(listed) + world.log.join('')).not.toContain(made.body.apikey);
  });

  it('never end, and come from anywhere, unless it is said', async () => {
    const { body } = await generate();
    expect(body).toMatchObject({ validityPeriod: -1, keyName: 'API key' });
    expect(await found(body.apikey)).not.toHaveProperty('expiresAt');
  });

  it('are revoked by id, and by value as clients before 4.7 do', async () => {
    for (const by of ['keyUUID', 'apikey'] as const) {
      const { body } = await generate();
      const revoke = () => world.call('POST', `${keys}/revoke`, { token, body: { [by]: body[by] } });
      expect(await revoke()).toMatchObject({ status: 200, body: { keyUUID: body.keyUUID } });
      expect(await found(body.apikey)).toBeUndefined();
      expect((await revoke()).status).toBe(404);
      const revocations = await world.storage.revocationFeed.revocationsSince(0, 100);
      expect(revocations?.map(({ target }) => target)).toContainEqual({ kind: 'grant', grantId: body.keyUUID });
    }
  });

  it('are recorded without their values', async () => {
    const { body } = await generate({ keyName: 'till', validityPeriod: 60 });
    await world.call('POST', `${keys}/revoke`, { token, body: { apikey: body.apikey } });
    const events = await world.storage.auditTrail.eventsAfter(0, 10_000);
    const own = events.filter(({ target }) => target === body.keyUUID);
    expect(own.map(({ action, detail }) => [action, detail])).toEqual([
      ['api_key.generated', { application: applicationId, keyType: 'PRODUCTION', name: 'till', validityPeriod: 60 }],
      ['api_key.revoked', { application: applicationId, keyType: 'PRODUCTION' }],
    ]);
    expect(JSON.stringify(events)).not.toContain('kgak_');
  });

  it.each([
    [{ validityPeriod: 0 }, 'validityPeriod'],
    [{ validityPeriod: 1.5 }, 'validityPeriod'],
    [{ additionalProperties: { permittedIP: '10.0.0.0/33' } }, 'permittedIP: 10.0.0.0/33 is no address'],
    [{ additionalProperties: { permittedIP: 'localhost' } }, 'permittedIP: localhost is no address'],
    [{ additionalProperties: { permittedReferer: 'a b' } }, 'permittedReferer'],
    [{ additionalProperties: { permittedIP: Array.from({ length: 101 }, () => '::1').join() } }, 'permittedIP: 100'],
  ])('are refused for %j', async (body, description) => {
    const answer = await generate(body);
    expect([answer.status, answer.body.description]).toEqual([400, expect.stringContaining(description)]);
  });

  it('exist in two types, and belong to an application of the caller', async () => {
    keys = keys.replace('PRODUCTION', 'STAGING');
    expect((await generate()).status).toBe(404);
    const other = await world.logIn('bob', 'Internal/subscriber');
    keys = keys.replace('STAGING', 'SANDBOX');
    expect((await generate({}, other)).status).toBe(403);
    expect((await generate()).status).toBe(200);
    expect(await list('SANDBOX')).toHaveLength(1);
  });

  it('are not given to access-token endpoints', async () => {
    const { body } = await generate();
    expect((await world.call('GET', keys, { token: body.apikey })).status).toBe(401);
    const userInfo = await world.call('GET', '/oauth2/userinfo', { token: body.apikey });
    expect(userInfo.status).toBe(401);
  });
});
