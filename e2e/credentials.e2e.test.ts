import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { ensureCertificate } from '@keygate/common/tls';
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
let quickstart: Quickstart;
let backend: Backend;
let rest: Management;
let folder: TemporaryFolder;
let applicationId: string;

beforeAll(async () => {
  folder = temporaryFolder();
  backend = await startBackend('credentials');
  quickstart = await startQuickstart({ args: ['--no-demo'] });
  const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
  const scopes = `${allScopes} apim:api_generate_key apim:client_certificates_add`;
  rest = await management(quickstart.client, managementUrl, adminUsername, adminPassword, scopes);
  applicationId = await createApplication(rest, 'Partner');
});
afterAll(async () => {
  await quickstart?.stop();
  await backend?.close();
  folder?.remove();
});

/** A deployed API with these schemes; not published. */
async function offer(name: string, securityScheme: readonly string[]): Promise<ApiObject> {
  const operations = [{ target: '/items', verb: 'GET' }];
  const api = await createApi(rest, { name, context: `/${name}`, backendUrl: backend.url, operations });
  await rest.ok('PUT', `${publisher}/apis/${api.id}`, { securityScheme });
  await deploy(rest, api);
  return api;
}

const urlOf = (name: string) => `${quickstart.facts.gatewayUrl}/${name}/1.0.0/items`;
const callWith = (name: string, headers: Record<string, string>) =>
  quickstart.client.call(urlOf(name), { method: 'GET', headers });
const until = (status: number, call: () => Promise<number>) =>
  waitUntil(async () => (await call()) === status, { what: `${status}` });

describe('an API that is not published', () => {
  it('is there for its internal key alone, whatever its schemes', async () => {
    const api = await offer('draft', ['mutualssl']);
    const { apikey } = await rest.ok<{ apikey: string }>('POST', `${publisher}/apis/${api.id}/generate-key`);
    const key = { 'Internal-Key': secret(apikey, 'an internal key') };
    await until(200, async () => (await callWith('draft', key)).status);
    expect((await callWith('draft', {})).status).toBe(404);
    expect((await callWith('draft', bearer('nonsense'))).status).toBe(404);
    await offer('other', ['oauth2']);
    await until(403, async () => (await callWith('other', key)).status);
  });
});

describe('mutual TLS', () => {
  const show = (name: string, pair?: { cert: string; key: string }) =>
    new Promise<number>((resolve, reject) => {
      const ca = readFileSync(join(quickstart.dataDir, 'tls/ca.crt'));
      const sent = request(urlOf(name), { ca, agent: false, cert: pair?.cert, key: pair?.key }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject);
      sent.end();
    });

  it('opens to the certificate that was uploaded, until it is taken away', async () => {
    const api = await offer('partner', ['mutualssl', 'mutualssl_mandatory']);
    await publish(rest, api);
    const mine = await ensureCertificate(folder.path, { name: 'mine', commonName: 'mine', kind: 'client' });
    const other = await ensureCertificate(folder.path, { name: 'other', commonName: 'other', kind: 'client' });
    const path = `${publisher}/apis/${api.id}/client-certificates`;
    const uploaded = await rest.upload('POST', path, { certificate: mine.cert }, { alias: 'mine', tier: 'Unlimited' });
    expect([uploaded.status, uploaded.text]).toEqual([201, expect.stringContaining('"alias":"mine"')]);
    await until(200, () => show('partner', mine));
    expect(await show('partner', other)).toBe(401);
    expect(await show('partner')).toBe(401);
    await rest.ok('DELETE', `${path}/mine`);
    await until(401, () => show('partner', mine));
  });
});

describe('a password', () => {
  it('opens an API without a subscription, until it is changed', async () => {
    const api = await offer('counter', ['basic_auth']);
    await publish(rest, api);
    const { managementUrl, adminUsername, adminPassword } = quickstart.facts;
    const [first, second] = ['canary-first-password', 'canary-second-password'].map((text) =>
      secret(text, 'a password'),
    );
    const scim = (method: string, path: string, body: object) =>
      quickstart.client.call(`${managementUrl}/scim2${path}`, {
        method,
        headers: { Authorization: basic(adminUsername, adminPassword), 'Content-Type': 'application/scim+json' },
        body: JSON.stringify(body),
      });
    const made = await scim('POST', '/Users', { userName: 'cashier', password: first });
    const { id } = made.json<{ id: string }>();
    const as = (password = '') => callWith('counter', { Authorization: basic('cashier', password) });
    await until(200, async () => (await as(first)).status);
    expect((await as('wrong')).headers['www-authenticate']).toContain('Basic realm=');
    const changed = await scim('PATCH', `/Users/${id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'password', value: second }],
    });
    expect(changed.status).toBeLessThan(300);
    await until(401, async () => (await as(first)).status);
    expect((await as(second)).status).toBe(200);
  });
});

describe('a key manager of somebody else', () => {
  const issuer = 'https://sso.example.com';
  const mint = (key: KeyObject, claims: object = {}) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const all = { iss: issuer, sub: 'joe', azp: 'theirs', exp, ...claims };
    const input = `${part({ alg: 'ES256', typ: 'JWT' })}.${part(all)}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const statusOf = async (token: string) => (await callWith('orders', bearer(token))).status;

  it('issues tokens that stand for the consumer keys mapped to it', async () => {
    const api = await offer('orders', ['oauth2']);
    await publish(rest, api);
    await subscribe(rest, applicationId, api.id);
    const { cert, key } = await ensureCertificate(folder.path, { name: 'sso', commonName: 'sso', kind: 'client' });
    const idp = createPrivateKey(key);
    const certificates = { type: 'PEM', value: Buffer.from(cert).toString('base64') };
    const keyManager = {
      ...{ name: 'Corporate', type: 'KeyCloak', issuer, certificates },
      additionalProperties: {
        client_id: 'us',
        client_secret: secret('canary-sso-secret', 'the secret of a connector'),
      },
    };
    const { id } = await rest.ok<{ id: string }>('POST', `${admin}/key-managers`, keyManager);
    await until(403, () => statusOf(mint(idp)));
    const mapping = { consumerKey: 'theirs', keyType: 'PRODUCTION', keyManager: 'Corporate' };
    await rest.ok('POST', `${devportal}/applications/${applicationId}/map-keys`, mapping);
    await until(200, () => statusOf(mint(idp)));
    const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await statusOf(mint(stranger))).toBe(401);
    expect(await statusOf(mint(idp, { azp: 'unmapped' }))).toBe(403);
    await rest.ok('PUT', `${admin}/key-managers/${id}`, { ...keyManager, tokenType: 'EXCHANGED', alias: 'us' });
    await until(500, () => statusOf(mint(idp)));
    await rest.ok('DELETE', `${admin}/key-managers/${id}`);
    await until(401, () => statusOf(mint(idp)));
  });
});

noSecretIsPrinted();
