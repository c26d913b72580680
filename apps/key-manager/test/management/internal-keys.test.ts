import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/oauth2/token-hash.js';
import { startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';

describe('the internal key of an API', () => {
  let world: World;
  let token: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('creator', 'Internal/creator');
  });
  afterAll(() => world.stop());

  async function generate(endpointConfig: object | undefined, by = token) {
    nth++;
    const facts = { name: `Internal${nth}`, context: `/internal${nth}`, version: '1.0.0', endpointConfig };
    const { body: api } = await world.call('POST', `${publisher}/apis`, { token, body: facts });
    return { api, answer: await world.call('POST', `${publisher}/apis/${api.id}/generate-key`, { token: by }) };
  }
  const url = { url: 'https://backend.example.com' };

  it('says which API it is for, and is no access token', async () => {
    const { api, answer } = await generate({ production_endpoints: url, sandbox_endpoints: url });
    expect(answer).toMatchObject({ status: 200, body: { validityTime: 3600 } });
    const { apikey } = answer.body;
    const [key] = await world.storage.signingKeys.listSigningKeys('carbon.super');
    expect(decodeProtectedHeader(apikey)).toEqual({ typ: 'internal-key+jwt', alg: 'RS256', kid: key?.kid });
    const claims = decodeJwt(apikey);
    expect(claims).toEqual({
      ...{ iss: 'https://localhost/oauth2/token', sub: 'creator@carbon.super', keytype: 'PRODUCTION' },
      ...{ api_id: api.id, api_context: `${api.context}/1.0.0`, api_version: '1.0.0', tenant_domain: 'carbon.super' },
      ...{ token_type: 'InternalKey', iat: claims.iat, nbf: claims.iat, exp: (claims.iat ?? 0) + 3600 },
      jti: expect.any(String),
    });
  });

  it.each([
    [{ sandbox_endpoints: url }, 'SANDBOX'],
    [{ sandbox_endpoints: [url], production_endpoints: [] }, 'SANDBOX'],
    [{ production_endpoints: [url], sandbox_endpoints: null }, 'PRODUCTION'],
    [undefined, 'PRODUCTION'],
  ])('is for the endpoint that there is: %j', async (endpointConfig, keytype) => {
    const { answer } = await generate(endpointConfig);
    expect(decodeJwt(answer.body.apikey)).toMatchObject({ keytype });
  });

  it('opens nothing that takes access tokens', async () => {
    const { answer } = await generate(undefined);
    const { apikey } = answer.body;
    expect((await world.call('GET', `${publisher}/apis`, { token: apikey })).status).toBe(401);
    expect((await world.call('GET', '/oauth2/userinfo', { token: apikey })).status).toBe(401);
    await world.addUser('boss', 'admin');
    const introspected = await world.call('POST', '/oauth2/introspect', {
      basic: ['boss', 'boss-password'],
      form: { token: apikey },
    });
    expect(introspected).toMatchObject({ status: 200, body: { active: false } });
    expect(await world.storage.apiKeys.findApiKey(sha256(apikey))).toBeUndefined();
  });

  it('is recorded, and not logged', async () => {
    const { api, answer } = await generate(undefined);
    const events = await world.storage.auditTrail.eventsAfter(0, 10_000);
    expect(events.find(({ action, target }) => action === 'internal_key.generated' && target === api.id)).toBeDefined();
    expect(JSON.stringify(events) + world.log.join('')).not.toContain(answer.body.apikey);
  });

  it('is made for those who may work on the API', async () => {
    const stranger = await world.logIn('stranger@tenant1.com', 'Internal/creator');
    expect((await generate(undefined, stranger)).answer.status).toBe(404);
    const subscriber = await world.logIn('subscriber', 'Internal/subscriber');
    expect((await generate(undefined, subscriber)).answer.status).toBe(401);
  });
});
