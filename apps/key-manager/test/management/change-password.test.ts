import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from './support/world.js';

const path = '/api/am/devportal/v3/me/change-password';

describe('POST /me/change-password', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  const applications = (token: string) => world.call('GET', '/api/am/devportal/v3/applications', { token });
  const register = (login: string, password: string) =>
    world.call('POST', '/client-registration/v0.17/register', {
      basic: [login, password],
      body: { clientName: 'c', grantType: 'password' },
    });

  it('sets the own password and ends every token, also the one it came with', async () => {
    const token = await world.logIn('ann', 'Internal/subscriber');
    const other = await world.tokenOf('ann');
    const body = { currentPassword: 'ann-password', newPassword: 'another-password' };
    expect(await world.call('POST', path, { token, body })).toMatchObject({ status: 200 });
    expect(await applications(token)).toMatchObject({ status: 401 });
    expect(await applications(other)).toMatchObject({ status: 401 });
    expect(await register('ann', 'ann-password')).toMatchObject({ status: 401 });
    expect(await register('ann', 'another-password')).toMatchObject({ status: 200 });
    const [event] = await world.storage.auditTrail.newestEvents({ action: 'user.password_set', limit: 1 });
    expect(event).toMatchObject({ actor: 'ann@carbon.super', target: 'ann@carbon.super', clientAddress: '127.0.0.1' });
    expect(world.log.join('')).not.toContain('another-password');
  });

  it.each([
    ['the current password is wrong', { currentPassword: 'wrong', newPassword: 'another-password' }],
    ['the new one is empty', { currentPassword: 'bob-password', newPassword: '' }],
    ['the new one is endless', { currentPassword: 'bob-password', newPassword: 'p'.repeat(600) }],
    ['a member is missing', { newPassword: 'another-password' }],
  ])('answers 400 and changes nothing when %s', async (_, body) => {
    const name = `bob${Math.random().toString(36).slice(2)}`;
    const token = await world.logIn(name, 'Internal/subscriber');
    const said = JSON.parse(JSON.stringify(body).replace('bob-password', `${name}-password`));
    expect(await world.call('POST', path, { token, body: said })).toMatchObject({ status: 400 });
    expect(await applications(token)).toMatchObject({ status: 200 });
    expect(await register(name, `${name}-password`)).toMatchObject({ status: 200 });
  });

  it('needs a token of the portal', async () => {
    expect(await world.call('POST', path, { body: {} })).toMatchObject({ status: 401 });
    const token = await world.logIn('creator', 'Internal/creator');
    expect(await world.call('POST', path, { token, body: {} })).toMatchObject({ status: 401 });
  });
});
