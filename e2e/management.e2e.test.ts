import { waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type ApiObject,
  type ApplicationKey,
  createApi,
  createApplication,
  deploy,
  devportal,
  generateKeys,
  type Management,
  management,
  publish,
  publisher,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { secret } from './support/secrets.js';
import { basic, bearer, tokenClient } from './support/token-client.js';

/** Every change made by REST is in force at the gateway within this time. */
const inForce = { timeoutMillis: 1_000 };

describe('from an empty cluster to a called API, by REST alone', () => {
  let quickstart: Quickstart;
  let production: Backend;
  let sandbox: Backend;
  let rest: Management;
  let api: ApiObject;
  let applicationId: string;
  let key: ApplicationKey;
  let subscriptionId: string;
  const userPassword = secret('canary-User-password-7', 'the password of a user');

  beforeAll(async () => {
    [production, sandbox] = await Promise.all([startBackend('production'), startBackend('sandbox')]);
    quickstart = await startQuickstart({ throughNpm: true, args: ['--no-demo'] });
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    rest = await management(quickstart.client, managementUrl, adminUsername, adminPassword);
  });
  afterAll(async () => {
    await quickstart?.stop();
    await Promise.all([production?.close(), sandbox?.close()]);
  });

  const url = (path: string) => `${quickstart.facts.gatewayUrl}${path}`;
  const call = (path: string, accessToken?: string, method = 'GET') =>
    quickstart.client.call(url(path), { method, headers: accessToken === undefined ? {} : bearer(accessToken) });
  const tokens = (of: ApplicationKey = key) => tokenClient(quickstart.client, quickstart.facts, of);
  const until = (path: string, status: number, accessToken?: string, method = 'GET') =>
    waitUntil(async () => (await call(path, accessToken, method)).status === status, {
      ...inForce,
      what: `${method} ${path} to answer ${status}`,
    });

  it('has no demo data', () => {
    expect(quickstart.facts).not.toHaveProperty('consumerKey');
    expect(quickstart.facts).not.toHaveProperty('sampleApi');
  });

  it('an API is unknown to the gateway until it is deployed, and refused until it is published', async () => {
    api = await createApi(rest, {
      name: 'Books',
      context: '/books',
      backendUrl: `${production.url}/base`,
      sandboxUrl: sandbox.url,
      scopes: { 'books:read': ['admin', 'reader'], 'books:write': ['admin'] },
      operations: [
        { target: '/books', verb: 'GET', scopes: ['books:read'] },
        { target: '/books/{id}', verb: 'DELETE', scopes: ['books:write'] },
        { target: '/open', verb: 'GET', authType: 'None' },
      ],
    });
    expect(api).toMatchObject({ name: 'Books', context: '/books', lifeCycleStatus: 'CREATED' });
    expect((await call('/books/1.0.0/books')).status).toBe(404);
    await publish(rest, api);
    await deploy(rest, api);
    await until('/books/1.0.0/books', 401);
    await until('/books/1.0.0/open', 200);
  });

  it('an application gets keys, and its token is refused until it subscribes', async () => {
    applicationId = await createApplication(rest, 'Reading list');
    key = await generateKeys(rest, applicationId);
    const { adminUsername, adminPassword } = quickstart.facts;
    await waitUntil(async () => (await tokens().request({ grant_type: 'client_credentials' })).status === 200, inForce);
    const granted = await tokens().password(adminUsername, adminPassword, 'books:read');
    expect(granted.scope).toBe('books:read');
    const refused = await call('/books/1.0.0/books', granted.access_token);
    expect(refused.status).toBe(403);
    expect(String(refused.json().code)).toBe('900908');

    subscriptionId = await subscribe(rest, applicationId, api.id);
    await until('/books/1.0.0/books', 200, granted.access_token);
    expect(production.received.at(-1)).toMatchObject({ method: 'GET', url: '/base/books' });
    expect(production.received.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('a user has the scopes of their roles and no more', async () => {
    const created = await scim('POST', '/scim2/Users', { userName: 'rita', password: userPassword });
    expect(created.status).toBe(201);
    const role = await scim('POST', '/scim2/v2/Roles', {
      displayName: 'reader',
      users: [{ value: created.json<{ id: string }>().id }],
    });
    expect(role.status).toBe(201);
    const granted = await tokens().password('rita', userPassword, 'books:read books:write');
    expect(granted.scope).toBe('books:read');
    expect((await call('/books/1.0.0/books', granted.access_token)).status).toBe(200);
    const refused = await call('/books/1.0.0/books/1', granted.access_token, 'DELETE');
    expect(refused.status).toBe(403);
    expect(String(refused.json().code)).toBe('900910');
  });

  it('sandbox keys reach the sandbox endpoint', async () => {
    const sandboxKey = await generateKeys(rest, applicationId, 'SANDBOX');
    const { adminUsername, adminPassword } = quickstart.facts;
    await waitUntil(
      async () => (await tokens(sandboxKey).request({ grant_type: 'client_credentials' })).status === 200,
      inForce,
    );
    const granted = await tokens(sandboxKey).password(adminUsername, adminPassword, 'books:read');
    await until('/books/1.0.0/books', 200, granted.access_token);
    expect((await call('/books/1.0.0/books', granted.access_token)).json()).toMatchObject({ backend: 'sandbox' });
  });

  it('an unknown resource is 404, a known one with another verb 405 with Allow', async () => {
    expect((await call('/books/1.0.0/nothing')).status).toBe(404);
    const answer = await call('/books/1.0.0/books', undefined, 'POST');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toContain('GET');
  });

  it('a redeployed API repoints at once', async () => {
    const current = await rest.ok<Record<string, unknown>>('GET', `${publisher}/apis/${api.id}`);
    await rest.ok('PUT', `${publisher}/apis/${api.id}`, {
      ...current,
      endpointConfig: { endpoint_type: 'http', production_endpoints: { url: `${production.url}/moved` } },
    });
    await deploy(rest, api);
    await waitUntil(
      async () => {
        await call('/books/1.0.0/open');
        return production.received.at(-1)?.url === '/moved/open';
      },
      { ...inForce, what: 'the new endpoint to be called' },
    );
  });

  it('a regenerated secret replaces the old one', async () => {
    const renewed = await rest.ok<ApplicationKey>(
      'POST',
      `${devportal}/applications/${applicationId}/oauth-keys/${key.keyMappingId}/regenerate-secret`,
    );
    secret(renewed.consumerSecret, 'a regenerated consumer secret');
    expect((await tokens().request({ grant_type: 'client_credentials' })).status).toBe(401);
    key = { ...key, consumerSecret: renewed.consumerSecret };
    expect((await tokens().request({ grant_type: 'client_credentials' })).status).toBe(200);
  });

  it('an ended subscription ends access', async () => {
    const { adminUsername, adminPassword } = quickstart.facts;
    const granted = await tokens().password(adminUsername, adminPassword, 'books:read');
    await until('/books/1.0.0/books', 200, granted.access_token);
    await rest.ok('DELETE', `${devportal}/subscriptions/${subscriptionId}`);
    await until('/books/1.0.0/books', 403, granted.access_token);
  });

  it('a blocked, then retired API says so', async () => {
    const lifecycle = (action: string) =>
      rest.ok('POST', `${publisher}/apis/change-lifecycle?apiId=${api.id}&action=${encodeURIComponent(action)}`);
    await lifecycle('Block');
    await until('/books/1.0.0/open', 503);
    await lifecycle('Deprecate');
    await until('/books/1.0.0/open', 200);
    await lifecycle('Retire');
    await until('/books/1.0.0/open', 404);
  });

  it('refuses callers without a token or without the scope', async () => {
    const { managementUrl } = quickstart.facts;
    expect((await quickstart.client.call(`${managementUrl}${publisher}/apis`)).status).toBe(401);
    const { access_token } = await tokens().clientCredentials();
    const answer = await quickstart.client.call(`${managementUrl}${publisher}/apis`, { headers: bearer(access_token) });
    expect(answer.status).toBe(401);
  });

  it('serves an OpenAPI document for each REST API', async () => {
    for (const base of [publisher, devportal, '/client-registration', '/scim2']) {
      const document = await quickstart.client.call(`${quickstart.facts.managementUrl}${base}/openapi.json`);
      expect(document.status, base).toBe(200);
      expect(document.json().openapi, base).toMatch(/^3\./);
    }
  });

  function scim(method: string, path: string, body: unknown) {
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    return quickstart.client.call(`${managementUrl}${path}`, {
      method,
      headers: { Authorization: basic(adminUsername, adminPassword), 'Content-Type': 'application/scim+json' },
      body: JSON.stringify(body),
    });
  }

  noSecretIsPrinted();
});
