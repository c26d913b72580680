import { request } from 'node:https';
import * as openid from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { alice, seedFixtures, startTestKeyManager, type TestKeyManager } from './support/key-manager.js';

let keyManager: TestKeyManager;
let configuration: openid.Configuration;

beforeAll(async () => {
  keyManager = await startTestKeyManager({ keyManager: { oauth2: { accessTokenFormat: 'jwt' } } });
  const { clientId, secret } = await seedFixtures(keyManager.storage);
  await keyManager.createUser(alice.username, alice.password, ['readers']);
  const options = { [openid.customFetch]: fetchWithoutTrust };
  configuration = await openid.discovery(new URL(keyManager.urls.issuer), clientId, secret, undefined, options);
});
afterAll(() => keyManager.stop());

/** The certificate is the test's own; what is tested is what is said over the connection. */
const fetchWithoutTrust: openid.CustomFetch = (url, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answered = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        const init = { status: response.statusCode ?? 0, headers: Object.fromEntries(answered) };
        resolve(new Response(Buffer.concat(chunks), init));
      });
    });
    sent.on('error', reject);
    sent.end(body instanceof URLSearchParams ? body.toString() : ((body as string | undefined) ?? undefined));
  });

it('a strict OpenID Connect client discovers the server by its issuer', () => {
  const metadata = configuration.serverMetadata();
  expect(metadata.issuer).toBe(keyManager.urls.issuer);
  expect(metadata.supportsPKCE()).toBe(true);
});

it('it takes our id_token, with signature and at_hash, and our userinfo for the same user', async () => {
  openid.enableNonRepudiationChecks(configuration);
  const login = { ...alice, scope: 'openid profile' };
  const tokens = await openid.genericGrantRequest(configuration, 'password', login);
  expect(tokens.claims()).toMatchObject({ sub: 'alice@carbon.super', amr: ['pwd'] });
  const info = await openid.fetchUserInfo(configuration, tokens.access_token, 'alice@carbon.super');
  expect(info.preferred_username).toBe('alice');
  const refreshed = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
  expect(refreshed.claims()?.auth_time).toBe(tokens.claims()?.auth_time);
  expect(await openid.tokenIntrospection(configuration, refreshed.access_token)).toMatchObject({ active: true });
  await openid.tokenRevocation(configuration, refreshed.access_token);
  expect(await openid.tokenIntrospection(configuration, refreshed.access_token)).toMatchObject({ active: false });
});
