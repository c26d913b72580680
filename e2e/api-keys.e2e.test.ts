import { waitUntil } from '@keygate/common/testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type ApiObject,
  allScopes,
  createApi,
  createApplication,
  deploy,
  devportal,
  type Management,
  management,
  publish,
  publisher,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { secret } from './support/secrets.js';
import { basic, bearer } from './support/token-client.js';

const admin = '/api/am/admin/v4';

interface MadeApiKey {
  readonly keyUUID: string;
  readonly apikey: string;
  readonly validityPeriod: number;
}

describe('credentials that are no access tokens', () => {
  let quickstart: Quickstart;
  let backend: Backend;
  let rest: Management;
  let api: ApiObject;
  let applicationId: string;

  beforeAll(async () => {
    backend = await startBackend('books');
    quickstart = await startQuickstart({ args: ['--no-demo'] });
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    const scopes = `${allScopes} apim:api_generate_key`;
    rest = await management(quickstart.client, managementUrl, adminUsername, adminPassword, scopes);
    const operations = [{ target: '/books', verb: 'GET' }];
    api = await createApi(rest, { name: 'Books', context: '/books', backendUrl: backend.url, operations });
    const securityScheme = ['oauth2', 'api_key', 'basic_auth', 'oauth_basic_auth_api_key_mandatory'];
    await rest.ok('PUT', `${publisher}/apis/${api.id}`, { securityScheme });
    await publish(rest, api);
    await deploy(rest, api);
    applicationId = await createApplication(rest, 'Till');
    await subscribe(rest, applicationId, api.id);
  });
  afterAll(async () => {
    await quickstart?.stop();
    await backend?.close();
  });

  const keys = (type = 'PRODUCTION') => `${devportal}/applications/${applicationId}/api-keys/${type}`;
  const generate = async (body: object = {}) => {
    const made = await rest.ok<MadeApiKey>('POST', `${keys()}/generate`, { keyName: 'till', ...body });
    secret(made.apikey, 'an API key');
    return made;
  };
  const callWith = (headers: Record<string, string>) =>
    quickstart.client.call(`${quickstart.facts.gatewayUrl}/books/1.0.0/books`, { method: 'GET', headers });

  it('an API key is made, listed without its value, and revoked', async () => {
    const made = await generate({ validityPeriod: 3600, additionalProperties: { permittedIP: '10.0.0.0/8' } });
    expect(made).toMatchObject({ validityPeriod: 3600, apikey: expect.stringMatching(/^kgak_[\w-]{43}$/) });
    const listed = await rest.ok<{ keyUUID: string }[]>('GET', keys());
    expect(listed.map(({ keyUUID }) => keyUUID)).toContain(made.keyUUID);
    expect(JSON.stringify(listed)).not.toContain(made.apikey);
    expect((await rest.call('POST', `${keys()}/revoke`, { keyUUID: made.keyUUID })).status).toBe(200);
    expect((await rest.call('POST', `${keys()}/revoke`, { keyUUID: made.keyUUID })).status).toBe(404);
  });

  const until = (headers: Record<string, string>, status: number) =>
    waitUntil(async () => (await callWith(headers)).status === status, { timeoutMillis: 1_000, what: `${status}` });

  it('an API key opens a subscribed API until it is revoked', async () => {
    const made = await generate();
    await until({ ApiKey: made.apikey }, 200);
    await rest.ok('POST', `${keys()}/revoke`, { keyUUID: made.keyUUID });
    await until({ ApiKey: made.apikey }, 401);
    const elsewhere = await generate({ additionalProperties: { permittedIP: '192.0.2.1' } });
    expect((await callWith({ ApiKey: elsewhere.apikey })).status).toBe(403);
  });

  it.each(['application', 'owner'])('an API key ends with its %s', async (what) => {
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    const [userName, password] = [`clerk-of-${what}`, secret(`canary-clerk-password-${what}`, 'a password')];
    const asAdmin = { Authorization: basic(adminUsername, adminPassword), 'Content-Type': 'application/scim+json' };
    const scim = (method: string, path: string, body?: object) =>
      quickstart.client.call(`${managementUrl}/scim2${path}`, {
        method,
        headers: asAdmin,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const roles = [{ value: 'Internal/subscriber' }];
    const { id } = (await scim('POST', '/Users', { userName, password, roles })).json<{ id: string }>();
    const clerk = await management(quickstart.client, managementUrl, userName, password);
    const own = await createApplication(clerk, 'Own');
    await subscribe(clerk, own, api.id);
    const path = `${devportal}/applications/${own}`;
    const { apikey } = await clerk.ok<MadeApiKey>('POST', `${path}/api-keys/PRODUCTION/generate`, { keyName: 'k' });
    await until({ ApiKey: secret(apikey, 'an API key') }, 200);
    if (what === 'application') await clerk.ok('DELETE', path);
    else expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    await until({ ApiKey: apikey }, 401);
  });

  it('an internal key and a password open it, an unknown one does not', async () => {
    const { apikey } = await rest.ok<{ apikey: string }>('POST', `${publisher}/apis/${api.id}/generate-key`);
    expect((await callWith({ 'Internal-Key': secret(apikey, 'an internal key') })).status).toBe(200);
    const { adminUsername, adminPassword } = quickstart.facts;
    expect((await callWith({ Authorization: basic(adminUsername, adminPassword) })).status).toBe(200);
    expect((await callWith({ Authorization: basic(adminUsername, 'wrong') })).status).toBe(401);
  });

  it('neither an API key nor an internal key stands in for an access token', async () => {
    const { apikey } = await generate();
    const internal = await rest.ok<{ apikey: string; validityTime: number }>(
      'POST',
      `${publisher}/apis/${api.id}/generate-key`,
    );
    secret(internal.apikey, 'an internal key');
    expect(internal.validityTime).toBe(3600);
    expect(decodeProtectedHeader(internal.apikey)).toMatchObject({ typ: 'internal-key+jwt' });
    expect(decodeJwt(internal.apikey)).toMatchObject({ keytype: 'PRODUCTION', api_id: api.id });
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    for (const value of [apikey, internal.apikey]) {
      const headers = bearer(value);
      expect((await callWith(headers)).status).toBe(401);
      for (const path of ['/oauth2/userinfo', `${publisher}/apis`]) {
        expect((await quickstart.client.call(managementUrl + path, { method: 'GET', headers })).status).toBe(401);
      }
      const introspected = await quickstart.client.call(`${managementUrl}/oauth2/introspect`, {
        method: 'POST',
        headers: {
          Authorization: basic(adminUsername, adminPassword),
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ token: value }).toString(),
      });
      expect(introspected.json()).toEqual({ active: false });
    }
  });

  it('a key manager of somebody else is set up, shown without secrets, and its consumer keys are mapped', async () => {
    const clientSecret = secret('canary-connector-secret-7', 'the secret of a connector');
    const made = await rest.ok<{ id: string; name: string }>('POST', `${admin}/key-managers`, {
      ...{ name: 'Theirs', type: 'KeyCloak', issuer: 'https://theirs.example.com' },
      certificates: { type: 'JWKS', value: 'https://theirs.example.com/jwks' },
      additionalProperties: { client_id: 'us', client_secret: clientSecret },
    });
    expect(await rest.ok('GET', `${admin}/key-managers/${made.id}`)).toMatchObject({
      additionalProperties: { client_id: 'us', client_secret: '*****' },
    });
    const { list } = await rest.ok<{ list: { name: string }[] }>('GET', `${devportal}/key-managers`);
    expect(list.map(({ name }) => name)).toEqual(['Resident Key Manager', 'Theirs']);
    const key = { consumerKey: 'till-at-theirs', keyType: 'PRODUCTION', keyManager: 'Theirs' };
    expect(await rest.ok('POST', `${devportal}/applications/${applicationId}/map-keys`, key)).toMatchObject({
      ...{ mode: 'MAPPED', keyManager: 'Theirs', consumerKey: 'till-at-theirs' },
    });
    expect((await rest.call('DELETE', `${admin}/key-managers/${made.id}`)).status).toBe(200);
    const left = await rest.ok<{ count: number }>('GET', `${devportal}/applications/${applicationId}/oauth-keys`);
    expect(left.count).toBe(0);
  });

  noSecretIsPrinted();
});
