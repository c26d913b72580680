import { describe, expect, it } from 'vitest';
import { basic, clientId, clientSecret, createOAuth2World, refusal } from '../../test/support/oauth2.js';
import {
  createDeviceAuthorization,
  deviceCodeGrantType,
} from './device-authorization/device-authorization-endpoint.js';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const grantTypes = ['password', 'refresh_token', exchange, deviceCodeGrantType];

async function createWorld() {
  const world = await createOAuth2World({ grantTypes });
  await world.storage.clientRegistry.updateRegistration(clientId, { grantTypes });
  await world.addScope('read', []);
  await world.addScope('write', []);
  const password = (scope: string) =>
    world.token({ grant_type: 'password', username: 'demo', password: 'demo-password', scope });
  const narrow = (scope: readonly string[]) =>
    world.storage.clientRegistry.updateRegistration(clientId, { metadata: { scope } });
  return { ...world, password, narrow };
}

describe('the scope that a client registered (RFC 7591 §2)', () => {
  it('bounds what it asks for', async () => {
    const { password, narrow } = await createWorld();
    await narrow(['read']);
    expect((await refusal(password('read write'))).error).toBe('invalid_scope');
    expect((await password('read')).scope).toBe('read');
  });

  it('bounds what its devices ask for', async () => {
    const world = await createWorld();
    await world.narrow(['read']);
    const authorizeDevice = createDeviceAuthorization({ ...world, verificationUri: 'https://localhost:9443/device' });
    const asked = authorizeDevice(world.post({ scope: 'write' }));
    await expect(asked).rejects.toMatchObject({ error: 'invalid_scope' });
    await expect(authorizeDevice(world.post({ scope: 'read' }))).resolves.toBeDefined();
  });

  it('bounds what it gets for a token of another client', async () => {
    const { token, password, register } = await createWorld();
    await register({ clientId: 'narrow', grantTypes, metadata: { scope: ['read'] } });
    const audience = { grant_type: exchange, audience: 'narrow' };
    const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    const { accessToken } = await password('read write');
    const forNarrow = await token({ ...audience, ...type, subject_token: accessToken });
    const asNarrow = basic('narrow', clientSecret);
    const exchanged = await token({ grant_type: exchange, ...type, subject_token: forNarrow.accessToken }, asNarrow);
    expect(exchanged.scope).toBe('read');
  });

  it('bounds what older grants bring along', async () => {
    const { token, password, narrow } = await createWorld();
    const { refreshToken = '' } = await password('read write');
    await narrow(['read']);
    const refreshed = await token({ grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(refreshed.scope).toBe('read');
    await narrow(['other']);
    const again = await token({ grant_type: 'refresh_token', refresh_token: refreshed.refreshToken ?? '' });
    expect(again.scope).toBe('default');
  });
});
