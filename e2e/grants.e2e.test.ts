import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type AdministeredCluster,
  clusterClient,
  type Role,
  startGateway,
  startKeyManager,
} from './support/cluster.js';
import type { Client } from './support/https-client.js';
import {
  createApi,
  createApplication,
  deploy,
  generateKeys,
  management,
  publish,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { secret } from './support/secrets.js';
import { basic, bearer, remember, type TokenAnswer, type TokenClient, tokenClient } from './support/token-client.js';

const prefix = 'urn:ietf:params:oauth:grant-type:';
const type = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
const adminPassword = secret('canary-Admin-password-9', 'the admin password');
const issuer = 'https://idp.example.com';
const path = '/library/1.0.0/books';

describe('tokens for users of an identity provider', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  let jwks: Server;
  let backend: Backend;
  let keyManager: Role;
  let gateway: Role;
  let client: Client;
  let tokens: TokenClient;

  beforeAll(async () => {
    jwks = createServer((_request, response) => {
      response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }));
    });
    await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve));
    const settings: AdministeredCluster = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(),
      adminPassword,
      env: { KEY_MANAGER_KEY_SETS_FROM_PRIVATE_NETWORKS: 'true' },
    };
    [keyManager, backend] = await Promise.all([startKeyManager(settings), startBackend()]);
    gateway = await startGateway({ ...settings, env: {} });
    client = clusterClient(settings);
    const rest = await management(client, keyManager.url, 'admin', adminPassword);
    await trustProvider(`http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks`);
    const operations = [{ target: '/books', verb: 'GET' }];
    const api = await createApi(rest, { name: 'library', context: '/library', backendUrl: backend.url, operations });
    await deploy(rest, api);
    await publish(rest, api);
    const applicationId = await createApplication(rest, 'Reader');
    const key = await generateKeys(rest, applicationId, 'PRODUCTION', {
      grantTypesToBeSupported: [`${prefix}jwt-bearer`, `${prefix}token-exchange`],
    });
    await subscribe(rest, applicationId, api.id);
    tokens = tokenClient(client, { tokenUrl: `${gateway.url}/token`, revokeUrl: `${gateway.url}/revoke` }, key);
  });
  afterAll(async () => {
    client?.close();
    await Promise.all([gateway?.process.stop(), keyManager?.process.stop(), backend?.close()]);
    jwks?.closeAllConnections();
    jwks?.close();
  });

  /** An administrator over REST, with a token for it. */
  async function trustProvider(uri: string): Promise<void> {
    const registered = await client.call(`${keyManager.url}/client-registration/v0.17/register`, {
      method: 'POST',
      headers: { Authorization: basic('admin', adminPassword), 'Content-Type': 'application/json' },
      body: JSON.stringify({ clientName: 'e2e_identity', owner: 'admin', grantType: 'password', saasApp: true }),
    });
    const { clientId, clientSecret } = registered.json<{ clientId: string; clientSecret: string }>();
    secret(clientSecret, 'the secret of a registered client');
    const urls = { tokenUrl: `${keyManager.url}/oauth2/token`, revokeUrl: `${keyManager.url}/oauth2/revoke` };
    const admin = tokenClient(client, urls, { consumerKey: clientId, consumerSecret: clientSecret });
    const { access_token: token } = await admin.password('admin', adminPassword, 'apim:admin');
    const made = await client.call(`${keyManager.url}/api/am/admin/v4/identity-providers`, {
      method: 'POST',
      headers: { ...bearer(token), 'Content-Type': 'application/json' },
      body: JSON.stringify({
        name: 'corporate',
        idpIssuerName: issuer,
        alias: 'keygate',
        certificates: { type: 'JWKS', value: uri },
      }),
    });
    expect(made.status).toBe(201);
  }

  const assertion = async (claims = {}) =>
    secret(
      await new SignJWT({ sub: 'bob', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(issuer)
        .setAudience('keygate')
        .setExpirationTime('5m')
        .sign(privateKey),
      'an assertion',
    );
  const call = (token: string) => client.call(`${gateway.url}${path}`, { headers: bearer(token) });

  it.each([
    ['an assertion', async () => ({ grant_type: `${prefix}jwt-bearer`, assertion: await assertion() })],
    [
      'a token of the provider',
      async () => ({
        grant_type: `${prefix}token-exchange`,
        subject_token: await assertion(),
        subject_token_type: type('jwt'),
        requested_token_type: type('jwt'),
      }),
    ],
  ])('opens an API through the gateway for %s', async (_what, parameters) => {
    const answer = await tokens.request(await parameters());
    expect(answer.status).toBe(200);
    const { access_token: token } = remember(answer.json<TokenAnswer>());
    await waitUntil(async () => (await call(token)).status === 200);
    expect((await call(token)).status).toBe(200);
    expect((await tokens.revoke(token)).status).toBe(200);
    await waitUntil(async () => (await call(token)).status === 401);
  });

  it('makes no administrator of a foreign admin', async () => {
    const parameters = {
      grant_type: `${prefix}jwt-bearer`,
      assertion: await assertion({ sub: 'admin' }),
      scope: 'apim:admin',
    };
    const answer = await tokens.request(parameters);
    const { access_token: token, scope } = remember(answer.json<TokenAnswer>());
    expect(scope).toBe('default');
    const rest = await client.call(`${keyManager.url}/api/am/admin/v4/identity-providers`, { headers: bearer(token) });
    expect(rest.status).toBe(401);
  });

  noSecretIsPrinted();
});
