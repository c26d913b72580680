import { waitUntil } from '@keygate/common/testing';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../apis/api.js';
import { api, apiBody, application, registerClient, type Subject, subscription } from './fixtures.contract.js';

export function feedsContract({ storage, clock }: Subject): void {
  const feed = () => storage().catalogFeed;

  async function changesOf(work: () => Promise<unknown>): Promise<string[]> {
    const before = await feed().revision();
    await work();
    const events = (await feed().eventsSince(before, 1_000)) ?? [];
    expect(events.map(({ revision }) => revision)).toEqual(events.map((_, index) => before + 1 + index));
    expect(await feed().revision()).toBe(before + events.length);
    return events.map(({ entity, id }) => `${entity} ${id}`);
  }

  async function deployed(change: Parameters<typeof api>[0] = {}, environment = 'Default') {
    const made = api(change);
    await storage().apis.createApi(made);
    const revision = await storage().apis.createRevision(made.id, 'first');
    const deployment: Deployment = {
      apiId: made.id,
      environment,
      vhost: 'localhost',
      revisionId: revision.id,
      displayOnDevportal: true,
      deployedAt: clock.now(),
    };
    await storage().apis.deploy(deployment);
    return { made, revision, deployment };
  }

  describe('catalogue events', () => {
    it('follow deployment, lifecycle, default version and deletion of an API', async () => {
      const { made, deployment } = await deployed();
      const { apis } = storage();
      const event = [`api ${made.id}`];
      expect(await changesOf(() => apis.createApi(api()))).toEqual([]);
      expect(await changesOf(() => apis.createRevision(made.id, ''))).toEqual([]);
      expect(await changesOf(() => apis.updateApi(made.id, { body: apiBody({ policies: ['Gold'] }) }))).toEqual([]);
      expect(await changesOf(() => apis.deploy(deployment))).toEqual(event);
      expect(await changesOf(() => apis.changeLifecycle(made.id, 'CREATED', 'PUBLISHED', 'bob'))).toEqual(event);
      expect(await changesOf(() => apis.changeLifecycle(made.id, 'CREATED', 'PUBLISHED', 'bob'))).toEqual([]);
      expect(await changesOf(() => apis.updateApi(made.id, { isDefaultVersion: true }))).toEqual(event);
      expect(await changesOf(() => apis.updateApi(made.id, { isDefaultVersion: true }))).toEqual([]);
      expect(await changesOf(() => apis.undeploy(made.id, 'Default'))).toEqual(event);
      expect(await changesOf(() => apis.undeploy(made.id, 'Default'))).toEqual([]);
      expect(await changesOf(() => apis.deleteApi(made.id))).toEqual(event);
    });

    it('name every version that a change of the default version touches', async () => {
      const { made } = await deployed({ isDefaultVersion: true });
      const next = { ...api({ name: made.name, version: '2.0.0' }), context: made.context };
      await storage().apis.createApi(next);
      const changes = await changesOf(() => storage().apis.updateApi(next.id, { isDefaultVersion: true }));
      expect(changes.sort()).toEqual([`api ${made.id}`, `api ${next.id}`].sort());
      expect((await storage().apis.findApi(made.id))?.isDefaultVersion).toBe(false);
    });

    it('follow applications, keys and subscriptions', async () => {
      const { made } = await deployed();
      const app = application();
      const { applications, clientRegistry, subscriptions } = storage();
      expect(await changesOf(() => applications.createApplication(app))).toEqual([`application ${app.id}`]);
      expect(await changesOf(() => applications.updateApplication(app.id, { description: 'x' }))).toEqual([
        `application ${app.id}`,
      ]);
      let clientId = '';
      const register = async () => {
        clientId = await registerClient(storage(), { applicationId: app.id });
      };
      expect(await changesOf(register)).toEqual([`consumer_key ${clientId}`]);
      expect(await changesOf(() => clientRegistry.updateRegistration(clientId, { callbackUrl: 'https://a' }))).toEqual([
        `consumer_key ${clientId}`,
      ]);
      const made1 = subscription(app.id, made.id);
      const event = [`subscription ${made1.id}`];
      expect(await changesOf(() => subscriptions.createSubscription(made1))).toEqual(event);
      expect(await changesOf(() => subscriptions.updateSubscription(made1.id, { status: 'BLOCKED' }))).toEqual(event);
      expect(await changesOf(() => applications.deleteApplication(app.id))).toEqual([
        `subscription ${made1.id}`,
        `consumer_key ${clientId}`,
        `application ${app.id}`,
      ]);
    });

    it('are numbered without gaps when many write at once', async () => {
      const apps = Array.from({ length: 40 }, () => application());
      const changes = await changesOf(() =>
        Promise.all(apps.map((app) => storage().applications.createApplication(app))),
      );
      expect(changes.sort()).toEqual(apps.map(({ id }) => `application ${id}`).sort());
    });

    it('come in pages, and not at all for a number that is ahead of the database', async () => {
      const before = await feed().revision();
      for (let index = 0; index < 3; index++) await storage().applications.createApplication(application());
      const page = await feed().eventsSince(before, 2);
      expect(page?.map(({ revision }) => revision)).toEqual([before + 1, before + 2]);
      expect(await feed().eventsSince(before + 3, 2)).toEqual([]);
      expect(await feed().eventsSince(before + 4, 2)).toBeUndefined();
    });

    it('leave no trace of a change that failed', async () => {
      const app = application();
      await storage().applications.createApplication(app);
      const again = async () => {
        await expect(storage().applications.createApplication(application({ name: app.name }))).rejects.toThrow();
      };
      expect(await changesOf(again)).toEqual([]);
    });
  });

  describe('the snapshot', () => {
    it('holds what is deployed in the environment as frozen, with the state of today', async () => {
      const { made, revision, deployment } = await deployed({ body: apiBody({ policies: ['Bronze'] }) }, 'Snapshot');
      await storage().apis.updateApi(made.id, { body: apiBody({ policies: ['Gold'] }) });
      await storage().apis.changeLifecycle(made.id, 'CREATED', 'PUBLISHED', 'bob');
      const app = application();
      await storage().applications.createApplication(app);
      const clientId = await registerClient(storage(), { applicationId: app.id });
      const subscribed = subscription(app.id, made.id);
      await storage().subscriptions.createSubscription(subscribed);

      const snapshot = await feed().snapshot('Snapshot');
      expect(snapshot.revision).toBe(await feed().revision());
      expect(snapshot.apis).toHaveLength(1);
      expect(snapshot.apis[0]).toMatchObject({
        api: { id: made.id, lifeCycleStatus: 'PUBLISHED' },
        revision: { id: revision.id, number: 1, body: { policies: ['Bronze'] } },
        deployment,
      });
      expect(await feed().findDeployedApi(made.id, 'Snapshot')).toEqual(snapshot.apis[0]);
      expect(await feed().findDeployedApi(made.id, 'Elsewhere')).toBeUndefined();
      expect(snapshot.applications).toContainEqual(app);
      expect(snapshot.consumerKeys.map((key) => key.clientId)).toContain(clientId);
      expect(snapshot.subscriptions).toContainEqual(subscribed);
    });

    it('leaves out what is retired', async () => {
      const { made } = await deployed({}, 'Retirement');
      await storage().apis.changeLifecycle(made.id, 'CREATED', 'RETIRED', 'bob');
      expect((await feed().snapshot('Retirement')).apis).toEqual([]);
      expect(await feed().findDeployedApi(made.id, 'Retirement')).toBeUndefined();
    });
  });

  describe('the commit signal', () => {
    it('tells each listener which feed has something new, until it stops', async () => {
      const heard: string[] = [];
      const stop = storage().commitSignal.onCommit((name) => heard.push(name));
      await storage().applications.createApplication(application());
      await waitUntil(async () => heard.includes('catalog'), { timeoutMillis: 5_000 });
      expect(heard).not.toContain('revocations');
      await storage().tokens.revokeBy({ kind: 'subject', subject: 'somebody' }, clock.now());
      await waitUntil(async () => heard.includes('revocations'), { timeoutMillis: 5_000 });
      stop();
      const before = heard.length;
      let other = 0;
      const stopOther = storage().commitSignal.onCommit(() => {
        other += 1;
      });
      await storage().applications.createApplication(application());
      await waitUntil(async () => other > 0, { timeoutMillis: 5_000 });
      stopOther();
      expect(heard).toHaveLength(before);
    });
  });
}
