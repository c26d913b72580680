import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type ApiObject,
  createApi,
  createApplication,
  deploy,
  generateKeys,
  type Management,
  management,
  publish,
  publisher,
  subscribe,
} from './support/management-client.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { bearer, tokenClient } from './support/token-client.js';

const attached = (policyName: string, parameters: object = {}) => ({ policyName, policyVersion: 'v1', parameters });
const header = (headerName: string, headerValue: string) => attached('addHeader', { headerName, headerValue });

describe('what happens to requests and answers, from the publisher to the backend', () => {
  let quickstart: Quickstart;
  let backend: Backend;
  let rest: Management;
  let api: ApiObject;
  let token: string;
  let onceTokens: () => Promise<string>;

  beforeAll(async () => {
    backend = await startBackend();
    quickstart = await startQuickstart({
      env: { GATEWAY_BACKEND_JWT_ENABLED: 'true', GATEWAY_BACKEND_JWT_ALGORITHM: 'ES256' },
    });
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    rest = await management(quickstart.client, managementUrl, adminUsername, adminPassword);
    api = await createApi(rest, {
      name: 'Mediated',
      context: '/mediated',
      backendUrl: backend.url,
      operations: [
        { target: '/pets', verb: 'GET' },
        { target: '/pets', verb: 'POST' },
      ],
      scopes: { once: ['Internal/everyone'] },
    });
    await deploy(rest, api);
    await publish(rest, api);
    const applicationId = await createApplication(rest, 'mediated');
    const key = await generateKeys(rest, applicationId);
    await subscribe(rest, applicationId, api.id);
    const tokens = tokenClient(quickstart.client, quickstart.facts, key);
    token = (await tokens.password(adminUsername, adminPassword)).access_token;
    onceTokens = async () => (await tokens.password(adminUsername, adminPassword, 'once')).access_token;
    await until(async () => (await call()).status === 200, 'the API to answer');
  });
  afterAll(async () => {
    await quickstart?.stop();
    await backend?.close();
  });

  const call = (accessToken = token, more: { method?: string; body?: string; headers?: Record<string, string> } = {}) =>
    quickstart.client.call(`${quickstart.facts.gatewayUrl}/mediated/1.0.0/pets`, {
      ...more,
      headers: { ...bearer(accessToken), ...more.headers },
    });
  const until = (condition: () => Promise<boolean>, what: string) =>
    waitUntil(condition, { what, timeoutMillis: 5_000 });

  /** Changes the API, deploys it and waits until gateways have it. */
  async function change(body: object): Promise<void> {
    const stamp = `v${Date.now()}`;
    await rest.ok('PUT', `${publisher}/apis/${api.id}`, {
      apiPolicies: { response: [header('X-Stamp', stamp)] },
      ...body,
    });
    const [oldest] = (
      await rest.ok<{ list: { id: string; deploymentInfo: unknown[] }[] }>(
        'GET',
        `${publisher}/apis/${api.id}/revisions`,
      )
    ).list.filter(({ deploymentInfo }) => deploymentInfo.length === 0);
    if (oldest) await rest.ok('DELETE', `${publisher}/apis/${api.id}/revisions/${oldest.id}`);
    await deploy(rest, api);
    const isStamped = async () => (await call()).headers['x-stamp'] === stamp || (await call()).status >= 400;
    await until(isStamped, 'the change to be in force');
  }

  it('tells backends who calls, with a key that the gateway publishes', async () => {
    await call(token, { headers: { 'X-JWT-Assertion': 'forged' } });
    const assertion = String(backend.received.at(-1)?.headers['x-jwt-assertion']);
    const [head = '', payload = '', signature = ''] = assertion.split('.');
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString());
    const { keys } = (await quickstart.client.call(`${quickstart.facts.gatewayUrl}/jwks`)).json<{
      keys: { kid: string }[];
    }>();
    const jwk = keys.find((one) => one.kid === kid);
    expect(alg).toBe('ES256');
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const signed = Buffer.from(`${head}.${payload}`);
    const verified = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    expect(verified).toBe(true);
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      iss: quickstart.facts.gatewayUrl,
      'http://wso2.org/claims/apiname': 'Mediated',
      'http://wso2.org/claims/applicationname': 'mediated',
      'http://wso2.org/claims/enduser': 'admin@carbon.super',
      'http://wso2.org/claims/subscriber': 'admin',
    });
  });

  it('applies policies of the API and of its operations, uploaded ones too', async () => {
    const name = `stamp${Date.now()}`;
    const uploaded = await rest.upload('POST', `${publisher}/operation-policies`, {
      policySpecFile: `data:\n  name: ${name}\n  version: v1\n  policyAttributes:\n    - name: colour\n      required: true\n`,
      synapsePolicyDefinitionFile: '<property name="X-Colour" value="{{colour}}" scope="transport"/>',
    });
    expect(uploaded.status).toBe(201);
    const listed = await rest.ok<{ list: { name: string }[] }>('GET', `${publisher}/operation-policies?limit=100`);
    expect(listed.list.map((policy) => policy.name)).toEqual(expect.arrayContaining(['addHeader', 'jsonToXML', name]));
    await change({
      operations: [
        { target: '/pets', verb: 'GET', operationPolicies: { request: [attached(name, { colour: 'red' })] } },
        { target: '/pets', verb: 'POST', operationPolicies: { request: [attached('jsonToXML')] } },
      ],
    });
    await call();
    expect(backend.received.at(-1)?.headers).toMatchObject({ 'x-colour': 'red' });
    const posted = await call(token, {
      method: 'POST',
      body: '{"name":"Rex"}',
      headers: { 'Content-Type': 'application/json' },
    });
    expect(posted.status).toBe(200);
    expect(backend.received.at(-1)).toMatchObject({ body: '<jsonObject><name>Rex</name></jsonObject>' });
    const unknown = await rest.call('PUT', `${publisher}/apis/${api.id}`, {
      apiPolicies: { request: [attached('mystery')] },
    });
    expect(unknown.status).toBe(400);
  });

  it('answers from memory, and anew after a deployment', async () => {
    await change({ responseCachingEnabled: true, cacheTimeout: 300, operations: [{ target: '/pets', verb: 'GET' }] });
    await call();
    const asked = backend.received.length;
    const again = await call();
    expect(again.status).toBe(200);
    expect(again.headers.age).toBeDefined();
    expect(backend.received).toHaveLength(asked);
    await change({ responseCachingEnabled: false });
    expect(backend.received.length).toBeGreaterThan(asked);
  });

  it('holds requests and answers to the definition that was uploaded', async () => {
    const schema = { type: 'object', required: ['name'] };
    const content = { content: { 'application/json': { schema } } };
    const defined = await rest.upload('PUT', `${publisher}/apis/${api.id}/swagger`, {
      apiDefinition: JSON.stringify({
        openapi: '3.0.1',
        info: { title: 'Mediated', version: '1.0.0' },
        paths: {
          '/pets': {
            get: { responses: { 200: content } },
            post: { requestBody: content, responses: { 200: { description: 'ok' } } },
          },
        },
      }),
    });
    expect(defined.status).toBe(200);
    await change({ enableSchemaValidation: true });
    const json = { 'Content-Type': 'application/json' };
    const misfit = await call(token, { method: 'POST', body: '{}', headers: json });
    expect(misfit.status).toBe(400);
    expect(misfit.text).toContain('Schema validation failed in the Request: ');
    expect((await call(token, { method: 'POST', body: '{"name":"Rex"}', headers: json })).status).toBe(200);
    // The backend of this test answers without a name.
    const answer = await call();
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('Schema validation failed in the Response: ');
    await rest.ok('PUT', `${publisher}/apis/${api.id}`, { enableSchemaValidation: false });
  });

  it('takes a token for one call once, at the key manager too', async () => {
    const policy = attached('revokeOneTimeToken', { scope: 'once' });
    await change({
      enableSchemaValidation: false,
      operations: [{ target: '/pets', verb: 'GET', operationPolicies: { request: [policy] } }],
    });
    const once = await onceTokens();
    expect((await call(once)).status).toBe(200);
    expect((await call(once)).status).toBe(401);
    expect((await call()).status).toBe(200);
    await until(async () => {
      const { managementUrl } = quickstart.facts;
      const answer = await quickstart.client.call(`${managementUrl}/oauth2/userinfo`, { headers: bearer(once) });
      return answer.status === 401;
    }, 'the key manager to have revoked it');
  });
});
