import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idpIssuer, type SigningIdentity, signingIdentity, signJwt } from '../support/identity-provider.js';
import { type Json, startWorld, type World } from './support/world.js';

const path = '/api/am/admin/v4/identity-providers';

describe('identity providers', () => {
  let world: World;
  let idp: SigningIdentity;
  let token: string;
  let nth = 0;
  beforeAll(async () => {
    [world, idp] = await Promise.all([startWorld(), signingIdentity()]);
    token = await adminToken('root');
  });
  afterAll(() => world.stop());

  async function adminToken(login: string, ...roles: string[]): Promise<string> {
    await world.addUser(login, ...(roles.length > 0 ? roles : ['admin']));
    const client = await world.call('POST', '/client-registration/v0.17/register', {
      basic: [login, `${login}-password`],
      body: { clientName: 'admin-client', owner: login, grantType: 'password', saasApp: true },
    });
    const granted = await world.call('POST', '/oauth2/token', {
      basic: [client.body.clientId, client.body.clientSecret],
      form: { grant_type: 'password', username: login, password: `${login}-password`, scope: 'apim:admin' },
    });
    return granted.body.access_token;
  }
  const create = (body: Json = {}, by = token) => {
    nth++;
    const all = { name: `idp${nth}`, idpIssuerName: `${idpIssuer}/${nth}`, certificates: pem(), ...body };
    return world.call('POST', path, { token: by, body: all });
  };
  const pem = () => ({ type: 'PEM', value: idp.certificate });
  const list = async (by = token) => (await world.call('GET', path, { token: by })).body.list as Json[];

  it('are made, read, changed and deleted', async () => {
    const made = await create({ name: 'Example', alias: 'us', roleClaim: 'groups' });
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ name: 'Example', description: '', enabled: true, alias: ['us'], saml: null, roleClaim: 'groups' },
        ...{ roleMapping: [], claimMapping: [], useLocalUser: false, certificates: { type: 'PEM' } },
      },
    });
    const one = `${path}/${made.body.id}`;
    expect(await world.call('GET', one, { token })).toMatchObject({ status: 200, body: made.body });
    expect(await list()).toContainEqual(made.body);
    const certificates = { type: 'JWKS', value: 'https://idp.example.com/jwks' };
    const changed = { ...made.body, enabled: false, certificates, alias: ['us', 'them'] };
    expect(await world.call('PUT', one, { token, body: changed })).toMatchObject({ status: 200, body: changed });
    expect(await world.call('GET', one, { token })).toMatchObject({ body: changed });
    expect((await world.call('DELETE', one, { token })).status).toBe(200);
    for (const method of ['GET', 'DELETE']) expect((await world.call(method, one, { token })).status).toBe(404);
  });

  it('take a certificate in Base64, as WSO2’s clients send it', async () => {
    const value = Buffer.from(idp.certificate).toString('base64');
    expect((await create({ certificates: { type: 'PEM', value } })).body.certificates.value).toBe(
      idp.certificate.trim(),
    );
  });

  it.each<[string, Json]>([
    ['a certificate that cannot be decoded', { certificates: { type: 'PEM', value: 'bm90IGEgY2VydGlmaWNhdGU=' } }],
    [
      'a damaged certificate',
      { certificates: { type: 'PEM', value: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' } },
    ],
    [
      'a private key',
      { certificates: { type: 'PEM', value: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' } },
    ],
    ['no key at all', { certificates: null }],
    ['a damaged SAML certificate', { saml: { entityId: 'e', certificate: 'x' } }],
    ['a JWKS over plain HTTP', { certificates: { type: 'JWKS', value: 'http://idp.example.com/jwks' } }],
    ['a JWKS in a file', { certificates: { type: 'JWKS', value: 'file:///etc/passwd' } }],
    ['a JWKS URL with credentials', { certificates: { type: 'JWKS', value: 'https://a:b@idp.example.com/jwks' } }],
    ['a slash in its name', { name: 'a/b' }],
    ['blanks around its name', { name: ' a' }],
    ['no name', { name: '' }],
    ['no issuer', { idpIssuerName: '' }],
    ['a claim that is ours', { claimMapping: [{ remoteClaim: 'x', localClaim: 'client_id' }] }],
    ['text that no database keeps', { description: 'a\0' }],
  ])('are not made with %s', async (_what, body) => {
    const before = await list();
    expect((await create(body)).status).toBe(400);
    expect(await list()).toEqual(before);
  });

  it('have names and issuers of their own', async () => {
    const first = (await create()).body;
    expect((await create({ name: first.name })).status).toBe(409);
    expect((await create({ idpIssuerName: first.idpIssuerName })).status).toBe(409);
    const second = (await create()).body;
    const taken = { ...second, name: first.name };
    expect((await world.call('PUT', `${path}/${second.id}`, { token, body: taken })).status).toBe(409);
  });

  it('are for administrators, each of the own tenant', async () => {
    const { id } = (await create()).body;
    const developer = await adminToken('developer', 'Internal/creator');
    expect((await create({}, developer)).status).toBe(401);
    const foreign = await adminToken('root@elsewhere.com');
    expect(await list(foreign)).toEqual([]);
    for (const method of ['GET', 'DELETE']) {
      expect((await world.call(method, `${path}/${id}`, { token: foreign })).status).toBe(404);
    }
    expect((await create({ name: 'idp1' }, foreign)).status).toBe(201);
  });

  it('are believed from the next token request on, and no longer when they are switched off', async () => {
    const made = (await create({ idpIssuerName: idpIssuer, alias: 'keygate-at-idp' })).body;
    const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const client = await world.call('POST', '/client-registration/v0.17/register', {
      basic: ['root', 'root-password'],
      body: { clientName: 'bearer', owner: 'root', grantType },
    });
    const exchange = async () =>
      world.call('POST', '/oauth2/token', {
        basic: [client.body.clientId, client.body.clientSecret],
        form: { grant_type: grantType, assertion: await signJwt(idp, Date.now()) },
      });
    expect((await exchange()).status).toBe(200);
    await world.call('PUT', `${path}/${made.id}`, { token, body: { ...made, enabled: false } });
    expect((await exchange()).body.error_description).toContain('No Registered IDP found');
  });
});
