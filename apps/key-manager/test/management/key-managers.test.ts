import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idpIssuer, type SigningIdentity, signingIdentity, signJwt } from '../support/identity-provider.js';
import { type Json, startWorld, type World } from './support/world.js';

const path = '/api/am/admin/v4/key-managers';
const portal = '/api/am/devportal/v3';

describe('key managers of others', () => {
  let world: World;
  let idp: SigningIdentity;
  let token: string;
  let nth = 0;
  beforeAll(async () => {
    [world, idp] = await Promise.all([startWorld(), signingIdentity()]);
    token = await world.logIn('root', 'admin', 'Internal/subscriber');
  });
  afterAll(() => world.stop());

  const create = (body: Json = {}, by = token) => {
    nth++;
    return world.call('POST', path, { token: by, body: { name: `km${nth}`, type: 'default', ...body } });
  };
  const list = async (by = token) => (await world.call('GET', path, { token: by })).body.list as Json[];
  const shown = async (call: object = {}) =>
    (await world.call('GET', `${portal}/key-managers`, call)).body.list as Json[];
  const pem = () => ({ type: 'PEM', value: Buffer.from(idp.certificate).toString('base64') });

  it('are made, read, changed and deleted, and what is unknown of them is kept', async () => {
    const given = {
      ...{ displayName: 'Ours', description: 'd', issuer: 'https://a.example.com', wellKnownEndpoint: 'not a url' },
      ...{ certificates: pem(), claimMapping: [{ remoteClaim: 'mail', localClaim: 'email' }], unknown: { kept: [1] } },
      ...{ tokenType: 'BOTH', alias: 'us', availableGrantTypes: ['password'], allowedOrganizations: [] },
    };
    const made = await create({
      ...given,
      type: 'KeyCloak',
      additionalProperties: { client_id: 'a', client_secret: 's' },
    });
    const additionalProperties = { client_id: 'a', client_secret: '*****' };
    const defaults = { enabled: true, enableProvisionedAppValidation: true, enableSelfValidationJWT: true };
    expect(made).toMatchObject({
      status: 201,
      body: { ...given, ...defaults, additionalProperties, type: 'KeyCloak' },
    });
    const one = `${path}/${made.body.id}`;
    expect(await world.call('GET', one, { token })).toMatchObject({ status: 200, body: made.body });
    const { id, name, type, description, enabled, tokenType } = made.body;
    expect(await list()).toContainEqual({ id, name, type, description, enabled, tokenType });
    const changed = { ...made.body, enabled: false, tokenType: 'DIRECT', description: 'other' };
    expect(await world.call('PUT', one, { token, body: changed })).toMatchObject({ status: 200, body: changed });
    expect((await world.call('DELETE', one, { token })).status).toBe(200);
    for (const method of ['GET', 'DELETE']) expect((await world.call(method, one, { token })).status).toBe(404);
    expect((await world.call('PUT', one, { token, body: changed })).status).toBe(404);
  });

  it.each([
    ['Auth0', { client_id: 'a', client_secret: 's3cret', audience: 'x' }, ['client_secret']],
    ['WSO2-IS', { Username: 'a', Password: 's3cret' }, ['Password']],
    ['KeyCloak', { client_id: 'a', client_secret: 's3cret' }, ['client_secret']],
    ['Forgerock', { client_id: 'a', client_secret: 's3cret' }, ['client_secret']],
    ['Okta', { apiKey: 's3cret', client_id: 'a', client_secret: 's3cret' }, ['apiKey', 'client_secret']],
    [
      'PingFederate',
      { username: 'a', password: 's3cret', client_id: 'a', client_secret: 's3cret' },
      ['password', 'client_secret'],
    ],
    [
      'WSO2-IS-7',
      { api_resource_management_endpoint: 'a', is7_roles_endpoint: 'b', Username: 'c', Password: 's3cret' },
      ['Password'],
    ],
    [
      'WSO2-IS-7',
      {
        api_resource_management_endpoint: 'a',
        is7_roles_endpoint: 'b',
        Authentication: 'MutualTLS',
        IdentityUser: 'c',
      },
      [],
    ],
  ])('of type %s need %j, and show no secret', async (type, properties, secrets) => {
    for (const missing of Object.keys(properties).filter((name) => name !== 'Authentication')) {
      const answer = await create({ type, additionalProperties: { ...properties, [missing]: undefined } });
      expect([answer.status, answer.body.description]).toEqual([400, expect.stringContaining(missing)]);
    }
    const made = await create({ type, additionalProperties: properties });
    const masked = { ...properties, ...Object.fromEntries(secrets.map((name) => [name, '*****'])) };
    expect(made).toMatchObject({ status: 201, body: { additionalProperties: masked } });
    const stored = async () => (await world.storage.keyManagers.findKeyManagerById(made.body.id))?.body;
    const before = await stored();
    expect(JSON.stringify(before) + world.log.join('')).not.toContain('s3cret');
    await world.call('PUT', `${path}/${made.body.id}`, { token, body: made.body });
    expect(await stored()).toEqual(before);
    const properties2 = { ...masked, ...Object.fromEntries(secrets.map((name) => [name, 'another'])) };
    await world.call('PUT', `${path}/${made.body.id}`, {
      token,
      body: { ...made.body, additionalProperties: properties2 },
    });
    if (secrets.length > 0) expect(await stored()).not.toEqual(before);
    expect(JSON.stringify(await stored())).not.toContain('another');
  });

  it('refuse what they cannot be', async () => {
    const made = (await create()).body;
    const put = (body: Json) => world.call('PUT', `${path}/${made.id}`, { token, body: { ...made, ...body } });
    expect((await create({ name: made.name })).status).toBe(409);
    expect((await create({ name: 'Resident Key Manager' })).status).toBe(409);
    for (const body of [
      { type: 'Unheard-of' },
      { name: 'a/b' },
      { name: '' },
      { tokenType: 'SOMETIMES' },
      { certificates: { type: 'PEM', value: 'bm90IGEgY2VydGlmaWNhdGU=' } },
      { claimMapping: [{ remoteClaim: 'x', localClaim: 'client_id' }] },
      { additionalProperties: { client_secret: '*****' } },
    ]) {
      expect([(await create(body)).status, body]).toEqual([400, body]);
    }
    expect((await put({ type: 'KeyCloak', additionalProperties: { client_id: 'a', client_secret: 'b' } })).status).toBe(
      400,
    );
    expect((await put({ name: 'another' })).status).toBe(400);
  });

  it('have no name of an identity provider that speaks for another issuer, nor the other way round', async () => {
    const providers = '/api/am/admin/v4/identity-providers';
    const certificates = { type: 'JWKS', value: 'https://idp.example.com/jwks' };
    const provider = (name: string, idpIssuerName: string) =>
      world.call('POST', providers, { token, body: { name, idpIssuerName, certificates } });
    expect((await provider('Shared', 'https://one')).status).toBe(201);
    expect((await create({ name: 'Shared', issuer: 'https://other' })).status).toBe(409);
    const made = await create({ name: 'Shared', issuer: 'https://one' });
    expect(made.status).toBe(201);
    const moved = { ...made.body, issuer: 'https://other' };
    expect((await world.call('PUT', `${path}/${made.body.id}`, { token, body: moved })).status).toBe(409);
    await create({ name: 'Theirs', issuer: 'https://theirs' });
    expect((await provider('Theirs', 'https://mine')).status).toBe(409);
  });

  it('are for administrators, each of the own tenant', async () => {
    const { id, name } = (await create()).body;
    const publisher = await world.logIn('publisher', 'Internal/creator', 'Internal/publisher');
    expect((await create({}, publisher)).status).toBe(401);
    const foreign = await world.logIn('root@elsewhere.com', 'admin');
    expect((await list(foreign)).map((each) => each.name)).toEqual(['Resident Key Manager']);
    for (const method of ['GET', 'DELETE']) {
      expect((await world.call(method, `${path}/${id}`, { token: foreign })).status).toBe(404);
    }
    expect((await create({ name }, foreign)).status).toBe(201);
  });

  it('are listed beside the resident one, which nobody changes', async () => {
    const resident = (await list()).find(({ name }) => name === 'Resident Key Manager');
    const one = `${path}/${resident.id}`;
    expect(await world.call('GET', one, { token })).toMatchObject({
      status: 200,
      body: { type: 'default', enabled: true },
    });
    expect((await world.call('DELETE', one, { token })).status).toBe(403);
    expect((await world.call('PUT', one, { token, body: { name: 'x', type: 'default' } })).status).toBe(403);
  });

  it('are shown to consumers without what they are managed with', async () => {
    const made = (
      await create({
        ...{ type: 'KeyCloak', additionalProperties: { client_id: 'hidden', client_secret: 'hidden' } },
        ...{
          tokenEndpoint: 'https://a/token',
          displayTokenEndpoint: 'https://shown/token',
          revokeEndpoint: 'https://a/r',
        },
      })
    ).body;
    const [resident] = await shown();
    expect(resident).toMatchObject({
      ...{ name: 'Resident Key Manager', tokenEndpoint: 'https://localhost/oauth2/token', enableTokenGeneration: true },
      availableGrantTypes: expect.arrayContaining(['client_credentials']),
    });
    const entry = (await shown()).find(({ id }) => id === made.id);
    expect(entry).toMatchObject({
      ...{ name: made.name, displayName: made.name, enabled: true, tokenType: 'DIRECT', additionalProperties: {} },
      ...{ tokenEndpoint: 'https://shown/token', revokeEndpoint: 'https://a/r', enableOAuthAppCreation: false },
    });
    const elsewhere = await shown({ token, headers: { 'X-WSO2-Tenant': 'elsewhere.com' } });
    expect(elsewhere.map(({ id }) => id)).not.toContain(made.id);
    const permissions = { permissionType: 'ALLOW', roles: ['Internal/subscriber'] };
    const secret = (await create({ permissions })).body;
    expect((await shown()).map(({ id }) => id)).not.toContain(secret.id);
    expect((await shown({ token })).map(({ id }) => id)).toContain(secret.id);
  });

  it('are trusted for token exchange when they have an alias and are not DIRECT', async () => {
    const issuer = `${idpIssuer}/exchanged`;
    const facts = { issuer, alias: 'keygate-at-idp', certificates: pem(), tokenType: 'EXCHANGED' };
    const made = (await create(facts)).body;
    const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
    const client = await world.call('POST', '/client-registration/v0.17/register', {
      basic: ['root', 'root-password'],
      body: { clientName: 'exchange', owner: 'root', grantType },
    });
    const jwt = 'urn:ietf:params:oauth:token-type:jwt';
    const exchange = async (claims: object = {}) =>
      world.call('POST', '/oauth2/token', {
        basic: [client.body.clientId, client.body.clientSecret],
        form: {
          grant_type: grantType,
          subject_token: await signJwt(idp, Date.now(), { iss: issuer, ...claims }),
          ...{ subject_token_type: jwt, requested_token_type: jwt },
        },
      });
    const good = await exchange();
    expect([good.status, good.text]).toEqual([200, good.text]);
    const claims = JSON.parse(Buffer.from(good.body.access_token.split('.')[1], 'base64url').toString());
    expect(claims.sub).toBe('bob');
    expect((await exchange({ aud: 'somebody else' })).status).toBe(400);
    const put = (change: object) => world.call('PUT', `${path}/${made.id}`, { token, body: { ...made, ...change } });
    for (const change of [{ tokenType: 'DIRECT' }, { enabled: false }, { alias: '' }]) {
      await put(change);
      expect([(await exchange()).status, change]).toEqual([400, change]);
    }
    const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const bearer = await world.call('POST', '/client-registration/v0.17/register', {
      basic: ['root', 'root-password'],
      body: { clientName: 'bearer', owner: 'root', grantType: jwtBearer },
    });
    await put({ tokenType: 'BOTH' });
    const assertion = await signJwt(idp, Date.now(), { iss: issuer });
    const asserted = await world.call('POST', '/oauth2/token', {
      basic: [bearer.body.clientId, bearer.body.clientSecret],
      form: { grant_type: jwtBearer, assertion },
    });
    expect(asserted.body.error_description).toContain('No Registered IDP found');
    expect((await exchange()).status).toBe(200);
    await create({
      issuer,
      alias: 'keygate-at-idp',
      tokenType: 'BOTH',
      certificates: { type: 'JWKS', value: 'nowhere' },
    });
    expect((await exchange()).status).toBe(200);
  });
});

describe('consumer keys at a key manager of somebody else', () => {
  let world: World;
  let token: string;
  let keys: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('root', 'admin', 'Internal/subscriber');
  });
  afterAll(() => world.stop());

  const keyManager = async (change: object = {}): Promise<Json> => {
    nth++;
    return (await world.call('POST', path, { token, body: { name: `km${nth}`, type: 'default', ...change } })).body;
  };
  const application = async (): Promise<string> => {
    nth++;
    const body = { name: `application ${nth}`, throttlingPolicy: 'Unlimited' };
    const made = await world.call('POST', `${portal}/applications`, { token, body });
    return `${portal}/applications/${made.body.applicationId}`;
  };
  const map = (to: string, body: Json) =>
    world.call('POST', `${to}/map-keys`, { token, body: { keyType: 'PRODUCTION', ...body } });

  it('are mapped by name or id, and listed with the others', async () => {
    const { id, name } = await keyManager({ enableProvisionedAppValidation: false });
    keys = await application();
    const mapped = await map(keys, { consumerKey: '0oa:at|idp', keyManager: name });
    expect(mapped).toMatchObject({
      status: 200,
      body: { keyManager: name, consumerKey: '0oa:at|idp', consumerSecret: '', mode: 'MAPPED', keyType: 'PRODUCTION' },
    });
    expect((await map(keys, { consumerKey: 'other', keyManager: id })).status).toBe(409);
    expect((await map(await application(), { consumerKey: '0oa:at|idp', keyManager: id })).status).toBe(409);
    expect((await map(keys, { consumerKey: 'other', keyManager: id, keyType: 'SANDBOX' })).status).toBe(200);
    const one = `${keys}/oauth-keys/${mapped.body.keyMappingId}`;
    expect((await world.call('GET', one, { token })).body).toEqual(mapped.body);
    expect((await world.call('GET', `${keys}/oauth-keys`, { token })).body.count).toBe(2);
    expect((await world.call('GET', keys, { token })).body.keys).toContainEqual(mapped.body);
    expect((await world.call('POST', `${one}/regenerate-secret`, { token })).status).toBe(404);
    expect((await world.call('DELETE', one, { token })).status).toBe(200);
    expect((await world.call('GET', one, { token })).status).toBe(404);
  });

  it('are neither made here nor mapped where tokens have to be exchanged', async () => {
    const { name } = await keyManager({ tokenType: 'EXCHANGED', alias: 'us', issuer: 'https://a' });
    keys = await application();
    const body = { keyType: 'PRODUCTION', grantTypesToBeSupported: ['password'] };
    const generate = (named: string) =>
      world.call('POST', `${keys}/generate-keys`, { token, body: { ...body, keyManager: named } });
    const message = "Key Manager doesn't support generating OAuth applications";
    expect(await generate(name)).toMatchObject({ status: 400, body: { code: 901405, message } });
    expect(await map(keys, { consumerKey: 'a', keyManager: name })).toMatchObject({
      status: 400,
      body: { code: 901405 },
    });
    expect(await generate('Nobody')).toMatchObject({ status: 400, body: { code: 901403 } });
    expect(await map(keys, { consumerKey: 'a', keyManager: 'Nobody' })).toMatchObject({ body: { code: 901403 } });
    expect((await generate('Resident Key Manager')).status).toBe(200);
    const unmapped = await keyManager({ enableMapOAuthConsumerApps: false });
    expect((await map(keys, { consumerKey: 'a', keyManager: unmapped.name })).status).toBe(400);
    const off = await keyManager({ enabled: false });
    expect(await map(keys, { consumerKey: 'a', keyManager: off.name })).toMatchObject({ body: { code: 901403 } });
  });
});
