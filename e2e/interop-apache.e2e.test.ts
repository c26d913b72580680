import { waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Apache, startApache } from './support/apache.js';
import { InteropWorld } from './support/interop-world.js';
import { bearer, tokenClient } from './support/token-client.js';

describe('Apache with mod_oauth2 as a resource server', () => {
  let world: InteropWorld;
  let apache: Apache;

  beforeAll(async () => {
    world = await InteropWorld.start();
    const { keyManager, facts } = world;
    // Credentials of its own: a client may see its own refresh tokens (RFC 7662 section 2.1), a resource server none.
    const client = `client_id=${facts.jwtClientId}&client_secret=${facts.jwtClientSecret}`;
    const introspection =
      `introspect ${keyManager.url}/oauth2/introspect introspect.ssl_verify=false` +
      `&introspect.auth=client_secret_basic&${client}&expiry=1`;
    const jwks = `jwks_uri ${keyManager.url}/oauth2/jwks jwks_uri.ssl_verify=false`;
    apache = await startApache([
      { name: 'introspected', verify: introspection, requires: 'valid-user' },
      { name: 'scoped', verify: introspection, requires: 'oauth2_claim "scope:am_application_scope device_a"' },
      { name: 'by-keys', verify: jwks, requires: 'valid-user' },
    ]);
  });
  afterAll(async () => {
    await apache?.stop();
    await world?.stop();
  });

  const get = async (path: string, accessToken?: string) =>
    (await fetch(`${apache.url}/${path}/`, accessToken === undefined ? {} : { headers: bearer(accessToken) })).status;
  const tokens = (kind: 'opaque' | 'jwt') =>
    tokenClient(
      world.cluster.client,
      { tokenUrl: `${world.gateway.url}/token`, revokeUrl: `${world.gateway.url}/revoke` },
      {
        consumerKey: String(kind === 'jwt' ? world.facts.jwtClientId : world.facts.clientId),
        consumerSecret: String(kind === 'jwt' ? world.facts.jwtClientSecret : world.facts.clientSecret),
      },
    );

  it('lets a live opaque token in by introspection, with and without a user', async () => {
    const application = await tokens('opaque').clientCredentials();
    const user = await tokens('opaque').password('admin', world.settings.adminPassword);
    expect(await get('introspected', application.access_token)).toBe(200);
    expect(await get('introspected', user.access_token)).toBe(200);
  });

  it('refuses no token, a wrong one and a refresh token', async () => {
    const user = await tokens('opaque').password('admin', world.settings.adminPassword);
    expect(await get('introspected')).toBe(401);
    expect(await get('introspected', '0'.repeat(32))).toBe(401);
    expect(await get('introspected', user.refresh_token)).toBe(401);
  });

  it('reads the scope of the introspection answer', async () => {
    const { access_token: plain } = await tokens('opaque').clientCredentials();
    const { access_token: scoped } = await tokens('opaque').clientCredentials('device_a');
    expect(await get('scoped', scoped)).toBe(200);
    expect(await get('scoped', plain)).toBe(401);
  });

  it('refuses a revoked token once its own cache has ended', async () => {
    const { access_token: token } = await tokens('opaque').clientCredentials();
    expect(await get('introspected', token)).toBe(200);
    await tokens('opaque').revoke(token);
    await waitUntil(async () => (await get('introspected', token)) === 401, { timeoutMillis: 20_000 });
  });

  it('verifies a JWT access token by our published keys, and refuses one that was altered', async () => {
    const { access_token: token } = await tokens('jwt').clientCredentials();
    expect(await get('by-keys', token)).toBe(200);
    const [head, body, signature = ''] = token.split('.');
    const altered = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await get('by-keys', altered)).toBe(401);
  });
});
