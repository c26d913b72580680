import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, startWorld, type World } from './support/world.js';

const publisher = '/api/am/publisher/v4';
const nobody = '0d1c0a1e-0000-4000-8000-000000000000';

describe('life of an API', () => {
  let world: World;
  let token: string;
  let nth = 0;
  beforeAll(async () => {
    world = await startWorld();
    token = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
  });
  afterAll(() => world.stop());

  async function create(more: Json = {}): Promise<string> {
    if (more.name === undefined) nth++;
    const body = { name: `life${nth}`, context: `/life${nth}`, version: '1.0.0', policies: ['Gold'], ...more };
    return (await world.call('POST', `${publisher}/apis`, { token, body })).body.id;
  }
  const act = (apiId: string, action: string, lifecycleChecklist = '') =>
    world.call(
      'POST',
      `${publisher}/apis/change-lifecycle?${new URLSearchParams({ apiId, action, lifecycleChecklist })}`,
      {
        token,
      },
    );
  const post = (path: string, body?: unknown) => world.call('POST', `${publisher}/apis/${path}`, { token, body });

  it('goes from Created to Retired by the documented events', async () => {
    const id = await create();
    const events: [string, string, string[]][] = [
      ['Deploy as a Prototype', 'Prototyped', ['Publish', 'Demote to Created', 'Deploy as a Prototype']],
      ['Demote to Created', 'Created', ['Publish', 'Deploy as a Prototype']],
      ['Publish', 'Published', ['Deploy as a Prototype', 'Block', 'Demote to Created', 'Deprecate']],
      ['Publish', 'Published', ['Deploy as a Prototype', 'Block', 'Demote to Created', 'Deprecate']],
      ['Block', 'Blocked', ['Re-Publish', 'Deprecate']],
      ['Re-Publish', 'Published', ['Deploy as a Prototype', 'Block', 'Demote to Created', 'Deprecate']],
      ['Deprecate', 'Deprecated', ['Retire']],
      ['Retire', 'Retired', []],
    ];
    for (const [event, state, next] of events) {
      const { status, body } = await act(id, event);
      expect([status, body.workflowStatus, body.lifecycleState.state]).toEqual([200, 'APPROVED', state]);
      expect(body.lifecycleState.availableTransitions.map((each: Json) => each.event)).toEqual(next);
    }
    const history = await world.call('GET', `${publisher}/apis/${id}/lifecycle-history`, { token });
    expect(history.body.list.map(({ postState }: Json) => postState)).toEqual([
      'Created',
      ...events.map(([, state]) => state),
    ]);
    expect(history.body.list.at(-1)).toMatchObject({ previousState: 'Deprecated', user: 'maker' });
  });

  it('answers 400 for an event that is not possible, and changes nothing', async () => {
    const id = await create();
    expect(await act(id, 'Retire')).toMatchObject({ status: 400 });
    const state = await world.call('GET', `${publisher}/apis/${id}/lifecycle-state`, { token });
    expect(state.body).toMatchObject({ state: 'Created', checkItems: [{ requiredStates: ['Published'] }, {}] });
  });

  it('refuses to publish without tiers: 903224', async () => {
    const id = await create({ policies: [] });
    expect(await act(id, 'Publish')).toMatchObject({
      status: 400,
      body: {
        code: 903224,
        message: 'Failed to publish service to API store. No Tiers selected',
        description: expect.stringContaining('No Tiers selected for API with UUID'),
      },
    });
    expect((await world.call('GET', `${publisher}/apis/${id}`, { token })).body.lifeCycleStatus).toBe('CREATED');
  });

  it('deprecates older versions when the checklist says so', async () => {
    const older = await create();
    await act(older, 'Publish');
    const newer = await create({ name: `life${nth}`, context: `/life${nth}`, version: '2.0.0' });
    await act(newer, 'Publish', 'Deprecate old versions after publishing the API:true,Requires re-subscription:false');
    const states = [older, newer].map((id) => world.call('GET', `${publisher}/apis/${id}`, { token }));
    expect((await Promise.all(states)).map(({ body }) => body.lifeCycleStatus)).toEqual(['DEPRECATED', 'PUBLISHED']);
  });

  it('has revisions that are deployed, replaced, restored and deleted', async () => {
    const id = await create({ description: 'first' });
    const one = await post(`${id}/revisions`, { description: 'r1' });
    expect(one.body).toEqual({
      id: expect.any(String),
      displayName: 'Revision 1',
      description: 'r1',
      createdTime: expect.any(String),
      apiInfo: { id },
      deploymentInfo: [],
    });
    await world.call('PUT', `${publisher}/apis/${id}`, { token, body: { description: 'second' } });
    const two = await post(`${id}/revisions`);
    const on = [{ name: 'Default', vhost: 'localhost', displayOnDevportal: true }];
    await post(`${id}/deploy-revision?revisionId=${one.body.id}`, on);
    const replaced = await post(`${id}/deploy-revision?revisionId=${two.body.id}`, on);
    expect(replaced).toMatchObject({
      status: 201,
      body: [
        { name: 'Default', vhost: 'localhost', liveGatewayCount: 1, deployedGatewayCount: 1, failedGatewayCount: 0 },
      ],
    });
    const deployed = await world.call('GET', `${publisher}/apis/${id}/revisions?query=deployed:true`, { token });
    expect(deployed.body).toMatchObject({ count: 1, list: [{ displayName: 'Revision 2' }] });
    expect(await post(`${id}/restore-revision?revisionId=${one.body.id}`)).toMatchObject({
      status: 201,
      body: { description: 'first' },
    });
    const remove = (revision: string) =>
      world.call('DELETE', `${publisher}/apis/${id}/revisions/${revision}`, { token });
    expect(await remove(two.body.id)).toMatchObject({ status: 400 });
    expect(await post(`${id}/undeploy-revision?revisionId=${two.body.id}`, on)).toMatchObject({ status: 201 });
    expect(await remove(two.body.id)).toMatchObject({ status: 200 });
    expect(await remove(two.body.id)).toMatchObject({ status: 404, body: { code: 900347 } });
  });

  it('has five revisions at most', async () => {
    const id = await create();
    for (let count = 0; count < 5; count++) expect((await post(`${id}/revisions`)).status).toBe(201);
    expect(await post(`${id}/revisions`)).toMatchObject({ status: 400, body: { code: 900351 } });
  });

  it('has the documented errors of revisions', async () => {
    const id = await create();
    const revision = (await post(`${id}/revisions`)).body.id;
    expect(await post(`${nobody}/revisions`)).toMatchObject({
      status: 500,
      body: {
        message: 'Internal server error',
        description: `Error while adding new API Revision for API : ${nobody}`,
      },
    });
    for (const verb of ['deploy', 'undeploy', 'restore']) {
      expect(await post(`${nobody}/${verb}-revision?revisionId=${revision}`, [])).toMatchObject({
        status: 404,
        body: { code: 900308, description: `Requested API with id '${nobody}' not found` },
      });
      expect(await post(`${id}/${verb}-revision?revisionId=${nobody}`, [])).toMatchObject({
        status: 404,
        body: { code: 900347, description: `Requested API Revision with id ${nobody} not found` },
      });
    }
    expect(await post(`${id}/deploy-revision?revisionId=${revision}`, [{ name: 'us-region' }])).toMatchObject({
      status: 400,
      body: { code: 900504, description: "Gateway Environment with name 'name 'us-region'' not found" },
    });
    const elsewhere = [{ name: 'Default', vhost: 'elsewhere' }];
    expect(await post(`${id}/deploy-revision?revisionId=${revision}`, elsewhere)).toMatchObject({ status: 400 });
    const other = await create();
    expect(await post(`${other}/deploy-revision?revisionId=${revision}`, [])).toMatchObject({ status: 404 });
  });
});
