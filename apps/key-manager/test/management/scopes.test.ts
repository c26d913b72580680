import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';

describe('scopes', () => {
  let world: World;
  let maker: string;
  let admin: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    maker = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
    admin = await world.logIn('root', 'admin');
  });
  afterAll(() => world.stop());

  const share = (body: Json) => world.call('POST', `${publisher}/scopes`, { token: admin, body });
  const create = (scopes: Json, operationScopes: string[] = [], more: Json = {}) => {
    nth++;
    const operations = [{ target: '/', verb: 'GET', scopes: operationScopes }];
    const body = { name: `scoped${nth}`, context: `/scoped${nth}`, version: '1', scopes, operations, ...more };
    return world.call('POST', `${publisher}/apis`, { token: maker, body });
  };
  const local = (name: string, ...bindings: string[]) => ({ scope: { name, bindings }, shared: false });

  it('are shared, read, changed and deleted', async () => {
    const made = await share({ name: 'orders', displayName: 'Orders', description: 'd', bindings: ['admin'] });
    expect(made).toMatchObject({ status: 201, body: { name: 'orders', bindings: ['admin'] } });
    expect(await share({ name: 'orders' })).toMatchObject({ status: 409 });
    const path = `${publisher}/scopes/${made.body.id}`;
    const changed = { ...made.body, bindings: ['Internal/subscriber'] };
    expect(await world.call('PUT', path, { token: admin, body: { ...changed, name: 'renamed' } })).toMatchObject({
      status: 200,
      body: changed,
    });
    expect((await world.call('GET', `${publisher}/scopes`, { token: maker })).body.list).toContainEqual(changed);
    expect(await world.call('DELETE', path, { token: admin })).toMatchObject({ status: 200 });
    expect(await world.call('GET', path, { token: admin })).toMatchObject({ status: 404 });
  });

  it('are kept to who has a role: a token gets them or does not', async () => {
    await world.storage.users.createRole('carbon.super', 'cooks');
    await create([local('cook', 'cooks')], ['cook']);
    await world.addUser('cook', 'cooks');
    await world.addUser('guest');
    for (const [username, scope] of [
      ['cook', 'cook'],
      ['guest', 'default'],
    ] as const) {
      const basic = [username, `${username}-password`] as const;
      const body = { clientName: 'c', grantType: 'password' };
      const client = await world.call('POST', '/client-registration/v0.17/register', { basic, body });
      const granted = await world.call('POST', '/oauth2/token', {
        basic: [client.body.clientId, client.body.clientSecret],
        form: { grant_type: 'password', username, password: `${username}-password`, scope: 'cook' },
      });
      expect(granted.body.scope).toBe(scope);
    }
  });

  it.each(['apim:admin', 'APIM:x', 'openid', 'default', 'am_application_scope', 'a b', 'a"b', 'é'])(
    'cannot be called %s, neither shared nor by an API',
    async (name) => {
      expect(await share({ name })).toMatchObject({ status: 400 });
      expect(await create([local(name)])).toMatchObject({ status: 400 });
    },
  );

  it('cannot be declared again by another API, nor over a shared one', async () => {
    await share({ name: 'shared-one', bindings: ['admin'] });
    const first = await create([local('mine', 'admin')], ['mine']);
    expect(first).toMatchObject({ status: 201 });
    expect(await create([local('mine')])).toMatchObject({
      status: 400,
      body: { description: 'Scope mine is already assigned locally by another API' },
    });
    expect(await create([local('shared-one')])).toMatchObject({ status: 400 });
    expect(await create([local('twice'), local('twice')])).toMatchObject({ status: 400 });
    const { name, context } = first.body;
    expect(await create([local('mine', 'admin')], ['mine'], { name, context, version: '2' })).toMatchObject({
      status: 201,
    });
  });

  it('are not opened by a version that somebody makes of an API closed to them', async () => {
    await world.storage.users.createRole('carbon.super', 'vault');
    const keeper = await world.logIn('keeper', 'Internal/creator', 'vault');
    const version = (token: string, number: string, more: Json) => {
      const operations = [{ target: '/', verb: 'GET', scopes: ['secret'] }];
      const body = { name: 'closed', context: '/closed', version: number, operations, ...more };
      return world.call('POST', `${publisher}/apis`, { token, body });
    };
    const restricted = { accessControl: 'RESTRICTED', accessControlRoles: ['vault'] };
    const closed = { ...restricted, scopes: [local('secret', 'vault')] };
    expect(await version(keeper, '1', { ...closed, isDefaultVersion: true })).toMatchObject({ status: 201 });
    expect(await version(maker, '2', { scopes: [local('secret')], isDefaultVersion: true })).toMatchObject({
      status: 403,
      body: { description: 'User is not authorized to access the API' },
    });
    const bindings = await world.storage.scopes.findScopes('carbon.super', ['secret']);
    expect(bindings.get('secret')).toEqual(['vault']);
    expect(await version(keeper, '2', closed)).toMatchObject({ status: 201 });
  });

  it('are kept by who dropped them as long as a deployed revision asks for them', async () => {
    const kept = await share({ name: 'shared-kept', bindings: ['admin'] });
    const scopes = [local('kept', 'admin'), { scope: { name: 'shared-kept' }, shared: true }];
    const { body: api } = await create(scopes, ['kept', 'shared-kept']);
    const at = `${publisher}/apis/${api.id}`;
    const { body: revision } = await world.call('POST', `${at}/revisions`, { token: maker, body: {} });
    const move = (how: string) =>
      world.call('POST', `${at}/${how}?revisionId=${revision.id}`, { token: maker, body: [{ name: 'Default' }] });
    const unshare = () => world.call('DELETE', `${publisher}/scopes/${kept.body.id}`, { token: admin });
    expect(await move('deploy-revision')).toMatchObject({ status: 201 });
    const emptied = { scopes: [], operations: [{ target: '/', verb: 'GET' }] };
    expect(await world.call('PUT', at, { token: maker, body: emptied })).toMatchObject({ status: 200 });
    expect(await create([local('kept')])).toMatchObject({ status: 400 });
    expect(await unshare()).toMatchObject({ status: 409 });

    expect(await move('undeploy-revision')).toMatchObject({ status: 201 });
    expect(await unshare()).toMatchObject({ status: 200 });
    expect(await create([local('kept')])).toMatchObject({ status: 201 });
    expect(await move('deploy-revision')).toMatchObject({
      status: 400,
      body: { description: 'Scope kept is already assigned locally by another API' },
    });
  });

  it('of operations are declared ones; shared ones come with their own bindings', async () => {
    await share({ name: 'kept', bindings: ['admin'] });
    expect(await create([], ['undeclared'])).toMatchObject({ status: 400 });
    const used = await create([{ scope: { name: 'kept', bindings: [] }, shared: true }], ['kept']);
    expect(used).toMatchObject({ status: 201, body: { scopes: [{ shared: true, scope: { bindings: ['admin'] } }] } });
    expect(await create([{ scope: { name: 'nowhere' }, shared: true }])).toMatchObject({ status: 400 });
    const { body } = await world.call('GET', `${publisher}/scopes`, { token: admin });
    const { id } = body.list.find(({ name }: Json) => name === 'kept');
    expect(await world.call('DELETE', `${publisher}/scopes/${id}`, { token: admin })).toMatchObject({ status: 409 });
  });

  it('are bound to roles that can be asked for', async () => {
    const ask = (name: string) =>
      world.call('HEAD', `${publisher}/roles/${Buffer.from(name).toString('base64url')}`, { token: maker });
    expect(await ask('Internal/creator')).toMatchObject({ status: 200 });
    expect(await ask('Internal/nothing')).toMatchObject({ status: 404 });
  });
});
