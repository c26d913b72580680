import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AlreadyExists, NotFound } from './errors.js';
import { api, apiBody, ownScope, type Subject } from './fixtures.contract.js';

const some = (what: string) => `${what}${randomBytes(5).toString('hex')}`;

export function apiStoreContract({ storage, clock }: Subject): void {
  const apis = () => storage().apis;

  describe('APIs', () => {
    it('come back as they were made, with members that nobody knows', async () => {
      const made = api({ body: apiBody({ businessInformation: { owner: 'Zoë', list: [1, null, { deep: true }] } }) });
      await apis().createApi(made);
      expect(await apis().findApi(made.id)).toEqual(made);
      expect(await apis().findApi('none')).toBeUndefined();
    });

    it('have a context and version once, and a name without case and version once', async () => {
      const made = api();
      await apis().createApi(made);
      const refused = async (change: Parameters<typeof api>[0]) => {
        await expect(apis().createApi(api(change))).rejects.toThrow(AlreadyExists);
      };
      await refused({ context: made.context });
      await refused({ name: made.name.toUpperCase(), context: `/${some('c')}` });
      await refused({ context: made.context, tenantDomain: 'other.test' });
      await apis().createApi(api({ name: made.name, context: made.context, version: '2.0.0' }));
    });

    it('come in pages, filtered by name, state and role', async () => {
      const tenantDomain = some('tenant');
      const make = (name: string, body = {}, rest = {}) =>
        apis().createApi(api({ name: `${name}${tenantDomain}`, tenantDomain, body: apiBody(body), ...rest }));
      await make('beta', { visibility: 'RESTRICTED', visibleRoles: ['painter'] });
      await make('Alpha', { accessControl: 'RESTRICTED', accessControlRoles: ['printer', 'writer'] });
      await make('gamma', { visibility: 'PUBLIC', visibleRoles: ['nobody'] }, { lifeCycleStatus: 'PUBLISHED' });
      await make('delta', { visibility: 'RESTRICTED' });
      const names = async (page: Partial<Parameters<ReturnType<typeof apis>['listApis']>[0]>) => {
        const found = await apis().listApis({ tenantDomain, offset: 0, limit: 10, ...page });
        return [found.total, ...found.apis.map(({ name }) => name.replace(tenantDomain, ''))];
      };
      expect(await names({})).toEqual([4, 'Alpha', 'beta', 'delta', 'gamma']);
      expect(await names({ offset: 1, limit: 2 })).toEqual([4, 'beta', 'delta']);
      expect(await names({ query: 'ALPH' })).toEqual([1, 'Alpha']);
      expect(await names({ statuses: ['PUBLISHED', 'BLOCKED'] })).toEqual([1, 'gamma']);
      expect(await names({ statuses: [] })).toEqual([0]);
      expect(await names({ visibleTo: ['painter', 'x'] })).toEqual([3, 'Alpha', 'beta', 'gamma']);
      expect(await names({ visibleTo: [] })).toEqual([2, 'Alpha', 'gamma']);
      expect(await names({ accessibleTo: ['writer'] })).toEqual([4, 'Alpha', 'beta', 'delta', 'gamma']);
      expect(await names({ accessibleTo: ['x'], visibleTo: ['painter'] })).toEqual([2, 'beta', 'gamma']);
    });

    it('are left out of lists for strangers when they are private', async () => {
      const tenantDomain = some('tenant');
      for (const visibility of ['PUBLIC', 'PRIVATE']) {
        await apis().createApi(api({ tenantDomain, name: visibility, body: apiBody({ visibility }) }));
      }
      const names = async (reader: object) =>
        (await apis().listApis({ tenantDomain, offset: 0, limit: 10, ...reader })).apis.map(({ name }) => name);
      expect(await names({ visibleTo: [], isStranger: true })).toEqual(['PUBLIC']);
      expect(await names({ visibleTo: [], isStranger: false })).toEqual(['PRIVATE', 'PUBLIC']);
    });

    it('find their namesakes, by name without case or by context', async () => {
      const made = api();
      const later = { createdAt: made.createdAt + 1 };
      const version = api({ name: made.name.toUpperCase(), version: '2.0.0', ...later });
      const neighbour = api({ context: made.context, version: '3.0.0', createdAt: made.createdAt + 2 });
      for (const each of [made, version, neighbour]) await apis().createApi(each);
      const found = await apis().findNamesakes('carbon.super', made);
      expect(found.map(({ id }) => id)).toEqual([made.id, version.id, neighbour.id]);
      expect(await apis().findNamesakes('other.test', made)).toEqual([]);
    });

    it('are changed in what is named only', async () => {
      const made = api();
      await apis().createApi(made);
      const at = clock.tick();
      const body = apiBody({ policies: [] });
      expect(await apis().updateApi(made.id, { body })).toEqual({ ...made, body, updatedAt: at });
      expect(await apis().findApi(made.id)).toEqual({ ...made, body, updatedAt: at });
      await expect(apis().updateApi('none', { body })).rejects.toThrow(NotFound);
    });

    it('have one default version, also when two versions ask at once', async () => {
      const one = api({ isDefaultVersion: true });
      const two = api({ name: one.name, version: '2.0.0' });
      const three = api({ name: one.name, version: '3.0.0', isDefaultVersion: true });
      for (const each of [one, two, three]) await apis().createApi({ ...each, context: one.context });
      const defaults = async () => {
        const versions = await apis().findNamesakes('carbon.super', one);
        return versions.filter(({ isDefaultVersion }) => isDefaultVersion).map(({ version }) => version);
      };
      expect(await defaults()).toEqual(['3.0.0']);
      for (let round = 0; round < 5; round++) {
        await Promise.all([one, two, three].map(({ id }) => apis().updateApi(id, { isDefaultVersion: true })));
        expect(await defaults()).toHaveLength(1);
      }
    });

    it('move through their lifecycle from the state they are in, with a history', async () => {
      const made = api();
      await apis().createApi(made);
      const at = clock.tick();
      const moves = await Promise.all([1, 2].map(() => apis().changeLifecycle(made.id, 'CREATED', 'PUBLISHED', 'bob')));
      expect(moves.filter(Boolean)).toHaveLength(1);
      expect(await apis().changeLifecycle('none', 'CREATED', 'PUBLISHED', 'bob')).toBe(false);
      expect(await apis().findApi(made.id)).toMatchObject({ lifeCycleStatus: 'PUBLISHED' });
      expect(await apis().lifecycleHistory(made.id)).toEqual([
        { previousState: null, postState: 'CREATED', user: made.provider, at: made.createdAt },
        { previousState: 'CREATED', postState: 'PUBLISHED', user: 'bob', at },
      ]);
    });
  });

  describe('revisions', () => {
    it('freeze the body and are numbered once and for all', async () => {
      const made = api();
      await apis().createApi(made);
      const revisions = await Promise.all([1, 2, 3].map(() => apis().createRevision(made.id, 'text')));
      expect(revisions.map(({ number }) => number).sort()).toEqual([1, 2, 3]);
      await apis().updateApi(made.id, { body: apiBody({ policies: ['Gold'] }) });
      const first = await apis().findRevision(revisions[0]?.id ?? '');
      expect(first).toEqual({ ...revisions[0], apiId: made.id, description: 'text', body: made.body });
      const last = revisions.find(({ number }) => number === 3);
      expect(await apis().deleteRevision(last?.id ?? '')).toBe(true);
      expect(await apis().deleteRevision(last?.id ?? '')).toBe(false);
      expect((await apis().createRevision(made.id, '')).number).toBe(4);
      expect((await apis().listRevisions(made.id)).map(({ number }) => number)).toEqual([1, 2, 4]);
      await expect(apis().createRevision('none', '')).rejects.toThrow(NotFound);
    });

    it('are deployed one per environment', async () => {
      const made = api();
      await apis().createApi(made);
      const [one, two] = [await apis().createRevision(made.id, ''), await apis().createRevision(made.id, '')];
      const facts = { apiId: made.id, environment: 'Default', displayOnDevportal: true, deployedAt: 5 };
      const deployment = { ...facts, vhost: 'localhost', revisionId: one.id };
      await apis().deploy(deployment);
      await apis().deploy({ ...deployment, revisionId: two.id, displayOnDevportal: false });
      await apis().deploy({ ...deployment, environment: 'Another' });
      expect(await apis().listDeployments(made.id)).toEqual([
        { ...deployment, environment: 'Another' },
        { ...deployment, revisionId: two.id, displayOnDevportal: false },
      ]);
      await expect(apis().deploy({ ...deployment, revisionId: 'none' })).rejects.toThrow(NotFound);
      await expect(apis().deploy({ ...deployment, apiId: 'none' })).rejects.toThrow(NotFound);
      const other = api();
      await apis().createApi(other);
      await expect(apis().deploy({ ...deployment, apiId: other.id })).rejects.toThrow(NotFound);
    });

    it('go with their API', async () => {
      const made = api();
      await apis().createApi(made);
      const revision = await apis().createRevision(made.id, '');
      expect(await apis().deleteApi(made.id)).toBe(true);
      expect(await apis().deleteApi(made.id)).toBe(false);
      expect(await apis().findRevision(revision.id)).toBeUndefined();
      expect(await apis().lifecycleHistory(made.id)).toEqual([]);
      await apis().createApi({ ...made, id: randomUUID() });
    });
  });

  describe('scopes', () => {
    const find = (tenantDomain: string, ...names: string[]) => storage().scopes.findScopes(tenantDomain, names);

    it('of an API are bound to its roles, as long as it declares them', async () => {
      const tenantDomain = some('tenant');
      const body = apiBody({ scopes: [ownScope('read', 'a', 'b'), ownScope('open')] });
      const made = api({ tenantDomain, body });
      await apis().createApi(made);
      expect(await find(tenantDomain, 'read', 'open', 'none', 'a\0b')).toEqual(
        new Map([
          ['read', ['a', 'b']],
          ['open', []],
        ]),
      );
      expect(await find('other.test', 'read')).toEqual(new Map());
      expect(await apis().findLocalScopes(tenantDomain, ['read'])).toEqual([{ scope: 'read', apiName: made.name }]);
      await apis().updateApi(made.id, { body: apiBody({ scopes: [ownScope('read', 'c')] }) });
      expect(await find(tenantDomain, 'read', 'open')).toEqual(new Map([['read', ['c']]]));
      await apis().deleteApi(made.id);
      expect(await find(tenantDomain, 'read')).toEqual(new Map());
    });

    it('are found while a revision that declares them is deployed', async () => {
      const tenantDomain = some('tenant');
      const made = api({
        tenantDomain,
        body: apiBody({ scopes: [ownScope('read'), { ...ownScope('share'), shared: true }] }),
      });
      await apis().createApi(made);
      const { id: revisionId } = await apis().createRevision(made.id, '');
      await apis().updateApi(made.id, { body: apiBody() });
      const deployed = (tenant: string) => apis().findDeployedScopes(tenant, ['read', 'share', 'none', 'a\0b']);
      expect(await deployed(tenantDomain)).toEqual([]);
      const where = { apiId: made.id, environment: 'Default', vhost: 'localhost' };
      await apis().deploy({ ...where, revisionId, displayOnDevportal: true, deployedAt: clock.now() });
      expect(await deployed(tenantDomain)).toEqual([
        { scope: 'read', apiName: made.name, shared: false },
        { scope: 'share', apiName: made.name, shared: true },
      ]);
      expect(await deployed('other.test')).toEqual([]);
      await apis().undeploy(made.id, 'Default');
      expect(await deployed(tenantDomain)).toEqual([]);
    });

    it('cannot be opened by an API that declares them later', async () => {
      const tenantDomain = some('tenant');
      const declare = (name: string, version: string, ...roles: string[]) => {
        clock.tick();
        return apis().createApi(
          api({ tenantDomain, name, version, body: apiBody({ scopes: [ownScope('update', ...roles)] }) }),
        );
      };
      const name = some('Api');
      await declare(name, '1.0.0', 'admin');
      await declare(some('Thief'), '1.0.0');
      expect(await find(tenantDomain, 'update')).toEqual(new Map([['update', ['admin']]]));
      await declare(name, '2.0.0', 'admin', 'editor');
      expect(await find(tenantDomain, 'update')).toEqual(new Map([['update', ['admin', 'editor']]]));
    });

    it('that are shared win over those of APIs', async () => {
      const tenantDomain = some('tenant');
      const shared = {
        id: randomUUID(),
        tenantDomain,
        name: 'share',
        displayName: '',
        description: '',
        bindings: ['x'],
      };
      const body = apiBody({ scopes: [ownScope('share'), { scope: { name: 'used', bindings: [] }, shared: true }] });
      await apis().createApi(api({ tenantDomain, body }));
      await storage().sharedScopes.createScope(shared);
      expect(await find(tenantDomain, 'share', 'used')).toEqual(new Map([['share', ['x']]]));
      expect(await apis().findLocalScopes(tenantDomain, ['used'])).toEqual([]);
    });

    it('that are shared are kept per tenant', async () => {
      const scopes = storage().sharedScopes;
      const tenantDomain = some('tenant');
      const make = (name: string) => {
        return { id: randomUUID(), tenantDomain, name, displayName: 'D', description: 'd', bindings: ['x'] };
      };
      const [b, a] = [make('b'), make('a')];
      await scopes.createScope(b);
      await scopes.createScope(a);
      await expect(scopes.createScope(make('a'))).rejects.toThrow(AlreadyExists);
      expect(await scopes.listScopes(tenantDomain)).toEqual([a, b]);
      expect(await scopes.findScope(tenantDomain, a.id)).toEqual(a);
      expect(await scopes.findScope('other.test', a.id)).toBeUndefined();
      expect(await scopes.updateScope({ ...a, bindings: [] })).toBe(true);
      expect(await scopes.updateScope({ ...a, tenantDomain: 'other.test' })).toBe(false);
      await expect(scopes.updateScope({ ...a, name: 'b' })).rejects.toThrow(AlreadyExists);
      expect(await find(tenantDomain, 'a')).toEqual(new Map([['a', []]]));
      expect(await scopes.deleteScope('other.test', a.id)).toBe(false);
      expect(await scopes.deleteScope(tenantDomain, a.id)).toBe(true);
      expect(await scopes.deleteScope(tenantDomain, a.id)).toBe(false);
    });
  });
}
