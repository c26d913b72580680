import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const basic = ['root', 'root-password'] as const;

describe('SCIM 2', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addUser('root', 'admin');
  });
  afterAll(() => world.stop());

  const scim = (method: string, path: string, body?: unknown) => world.call(method, `/scim2${path}`, { basic, body });
  const create = (userName: string, more: Json = {}) =>
    scim('POST', '/Users', { userName, password: `${userName}-password`, ...more });
  const patch = (path: string, ...Operations: Json[]) => scim('PATCH', path, { Operations });

  it('makes, reads, finds and deletes users', async () => {
    const made = await create('ann', {
      name: { givenName: 'Ann', familyName: 'Lee' },
      emails: ['ann@example.com'],
      roles: ['Internal/subscriber'],
      'urn:scim:wso2:schema': { organization: 'Org' },
    });
    expect(made.status).toBe(201);
    expect(made.headers['content-type']).toContain('application/scim+json');
    expect(made.headers.location).toBe(`/scim2/Users/${made.body.id}`);
    expect(made.body).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: 'ann',
      active: true,
      name: { givenName: 'Ann', familyName: 'Lee' },
      emails: [{ value: 'ann@example.com' }],
      'urn:scim:wso2:schema': { organization: 'Org' },
      roles: [{ value: 'Internal/subscriber' }],
      meta: { resourceType: 'User' },
    });
    expect(made.text).not.toContain('password');
    const found = await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "ann"')}`);
    expect(found.body).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1, Resources: [made.body] });
    expect((await scim('GET', `/Users/${made.body.id}`)).body).toEqual(made.body);
    expect(await scim('DELETE', `/Users/${made.body.id}`)).toMatchObject({ status: 204, text: '' });
    expect(await scim('GET', `/Users/${made.body.id}`)).toMatchObject({
      status: 404,
      body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '404' },
    });
  });

  it.each([
    ['the name of somebody', { userName: 'root', password: 'x-password' }, 409, 'uniqueness'],
    [
      'a role that is not there',
      { userName: 'roleless', password: 'x-password', roles: ['nothing'] },
      400,
      'invalidValue',
    ],
    ['no password', { userName: 'x' }, 400, 'invalidValue'],
    ['an empty password', { userName: 'x', password: '' }, 400, 'invalidValue'],
    ['a short password', { userName: 'x', password: 'four' }, 400, 'invalidValue'],
    ['an endless password', { userName: 'x', password: 'p'.repeat(600) }, 400, 'invalidValue'],
    ['a colon in the name', { userName: 'a:b', password: 'x-password' }, 400, 'invalidValue'],
    ['a user of another tenant', { userName: 'a@tenant1.com', password: 'x-password' }, 400, 'invalidValue'],
  ])('refuses %s', async (_, body, status, scimType) => {
    expect(await scim('POST', '/Users', body)).toMatchObject({ status, body: { status: String(status), scimType } });
  });

  it.each(['userName co "a"', 'active eq "true"', 'userName eq ann'])('refuses the filter %s', async (filter) => {
    const answer = await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    expect(answer).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
  });

  it('answers 401 without a password and 403 without the role admin', async () => {
    await world.addUser('plain', 'Internal/creator', 'Internal/publisher', 'Internal/subscriber');
    expect(await world.call('GET', '/scim2/Users')).toMatchObject({ status: 401, body: { status: '401' } });
    const wrong = await world.call('GET', '/scim2/Users', { basic: ['root', 'wrong'] });
    expect(wrong).toMatchObject({ status: 401 });
    const plain = await world.call('GET', '/scim2/Users', { basic: ['plain', 'plain-password'] });
    expect(plain).toMatchObject({ status: 403, body: { status: '403' } });
  });

  it('sets a password, after which the old one and every token are dead', async () => {
    const { body: user } = await create('bob', { roles: ['Internal/subscriber'] });
    const token = await world.tokenOf('bob');
    const applications = () => world.call('GET', '/api/am/devportal/v3/applications', { token });
    expect(await applications()).toMatchObject({ status: 200 });
    const change = { op: 'Replace', path: 'password', value: 'another password' };
    expect(await patch(`/Users/${user.id}`, change)).toMatchObject({ status: 200 });
    expect(await applications()).toMatchObject({ status: 401 });
    const register = (password: string) =>
      world.call('POST', '/client-registration/v0.17/register', {
        basic: ['bob', password],
        body: { clientName: 'c', grantType: 'password' },
      });
    expect(await register('bob-password')).toMatchObject({ status: 401 });
    expect(await register('another password')).toMatchObject({ status: 200 });
  });

  it('locks and unlocks', async () => {
    const { body: user } = await create('carl', { roles: ['Internal/subscriber'] });
    const token = await world.tokenOf('carl');
    const locked = await patch(`/Users/${user.id}`, { op: 'replace', value: { active: false } });
    expect(locked.body.active).toBe(false);
    expect(await world.call('GET', '/api/am/devportal/v3/applications', { token })).toMatchObject({ status: 401 });
    const unlocked = await patch(`/Users/${user.id}`, { op: 'replace', path: 'active', value: 'true' });
    expect(unlocked.body.active).toBe(true);
  });

  it('takes a role away, and with it every token issued before', async () => {
    const { body: user } = await create('eve', { roles: ['admin', 'Internal/subscriber'] });
    const token = await world.tokenOf('eve');
    const scopes = () =>
      world.call('POST', '/api/am/publisher/v4/scopes', { token, body: { name: `s${Math.random()}` } });
    const applications = () => world.call('GET', '/api/am/devportal/v3/applications', { token });
    expect(await scopes()).toMatchObject({ status: 201 });
    await patch(`/Users/${user.id}`, { op: 'remove', path: 'roles[value eq "admin"]' });
    expect(await scopes()).toMatchObject({ status: 401 });
    expect(await applications()).toMatchObject({ status: 401 });
    const again = await world.tokenOf('eve');
    const call = () => world.call('GET', '/api/am/devportal/v3/applications', { token: again });
    expect(await call()).toMatchObject({ status: 200 });
  });

  it('adds and removes roles of a user', async () => {
    const { body: user } = await create('dora', { roles: ['Internal/subscriber'] });
    const roles = (body: Json) => body.roles.map(({ value }: Json) => value).sort();
    const path = `/Users/${user.id}`;
    const added = await patch(path, { op: 'add', path: 'roles', value: [{ value: 'Internal/creator' }] });
    expect(roles(added.body)).toEqual(['Internal/creator', 'Internal/subscriber']);
    const both = await patch(
      path,
      { op: 'add', value: { roles: ['Internal/publisher'] } },
      { op: 'remove', path: 'roles[value eq "Internal/subscriber"]' },
      { op: 'replace', path: 'name.givenName', value: 'Dora' },
    );
    expect(roles(both.body)).toEqual(['Internal/creator', 'Internal/publisher']);
    expect(both.body.name).toEqual({ givenName: 'Dora' });
    expect(await patch(path, { op: 'add', path: 'constructor', value: 1 })).toMatchObject({ status: 400 });
    expect(await patch(path, { op: 'add', path: 'roles', value: 7 })).toMatchObject({ status: 400 });
    const put = await scim('PUT', path, { roles: ['Internal/subscriber'] });
    expect(roles(put.body)).toEqual(['Internal/subscriber']);
  });

  it.each([
    ['/v2/Roles', 'users'],
    ['/Groups', 'members'],
  ])('keeps roles at %s', async (path, members) => {
    const { body: user } = await create(`member-of${path.replaceAll('/', '-')}`);
    const made = await scim('POST', path, { displayName: `role${path}`, [members]: [{ value: user.id }] });
    expect(made).toMatchObject({ status: 201, body: { [members]: [{ value: user.id }] } });
    expect(await scim('POST', path, { displayName: `role${path}` })).toMatchObject({ status: 409 });
    const one = `${path}/${made.body.id}`;
    const emptied = await patch(one, { op: 'remove', path: `${members}[value eq "${user.id}"]` });
    expect(emptied.body[members]).toEqual([]);
    const filled = await patch(one, { op: 'add', value: { [members]: [{ value: user.id }] } });
    expect(filled.body[members]).toMatchObject([{ value: user.id }]);
    const replaced = await patch(one, { op: 'replace', path: members, value: [] });
    expect(replaced.body[members]).toEqual([]);
    const found = await scim('GET', `${path}?filter=${encodeURIComponent(`displayName eq "role${path}"`)}`);
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: made.body.id }] });
    expect(await scim('DELETE', one)).toMatchObject({ status: 204 });
    expect(await scim('GET', one)).toMatchObject({ status: 404 });
  });

  it('keeps what everybody needs: built-in roles, and the own account', async () => {
    const { body } = await scim('GET', '/v2/Roles?count=1000');
    const admin = body.Resources.find(({ displayName }: Json) => displayName === 'admin');
    expect(await scim('DELETE', `/v2/Roles/${admin.id}`)).toMatchObject({ status: 403 });
    const own = await scim('GET', `/Users?filter=${encodeURIComponent('userName eq "root"')}`);
    expect(await scim('DELETE', `/Users/${own.body.Resources[0].id}`)).toMatchObject({ status: 403 });
  });

  it('pages from 1', async () => {
    const page = await scim('GET', '/Users?startIndex=2&count=1');
    expect(page.body).toMatchObject({ startIndex: 2, itemsPerPage: 1 });
    expect(await scim('GET', '/Users?startIndex=-5&count=99999999')).toMatchObject({ status: 200 });
  });
});
