import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManagementPorts, planes } from '../../src/management/planes.js';
import { openEmbedded } from './support/embedded.js';
import { type Fixture, plant } from './support/fixture.js';
import { portalFlow } from './support/portal-flow.js';
import { attempt, endsItsToken } from './support/samples.js';
import { type Call, startWorld, type World } from './support/world.js';

const rows = planes({} as ManagementPorts).flatMap((plane) =>
  plane.routes.map((route) => ({ operation: `${route.method} ${plane.prefix}${route.path}`, plane, route })),
);

describe('every route on the embedded database', () => {
  let world: World;
  let calls: Record<string, Call>;
  /** For what changes nothing. */
  let kept: Fixture;
  beforeAll(async () => {
    world = await startWorld(openEmbedded);
    await world.storage.users.createRole('carbon.super', 'vault');
    const token = await world.logIn('owner', 'admin', 'vault');
    kept = await plant(world.storage, 'owner@carbon.super');
    calls = { token: { token }, anyone: { token }, password: { basic: ['owner', 'owner-password'] } };
  });
  afterAll(() => world.stop());

  it.each(rows.filter(({ operation }) => !endsItsToken(operation)))(
    'answers the owner: $operation',
    async ({ operation, route }) => {
      const fixture = route.method === 'GET' ? kept : await plant(world.storage, 'owner@carbon.super');
      const answer = await attempt(world, fixture, operation, calls[route.access.by] ?? {});
      expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
    },
  );

  it('works from registration to an application token', () => portalFlow(world));

  const withId = rows.filter(({ operation }) => /Id\}/.test(operation) && !operation.startsWith('HEAD'));

  it.each(withId)('answers 404 to an id that is no UUID: $operation', async ({ operation, route }) => {
    const odd = Object.fromEntries(Object.keys(kept).map((name) => [name, "x'"])) as Fixture;
    const answer = await attempt(world, odd, operation, calls[route.access.by] ?? {});
    // WSO2: the one call that answers 500 for an API that is not there.
    const isNewRevision = operation.startsWith('POST') && operation.endsWith('/revisions');
    expect([answer.status, answer.text]).toEqual([isNewRevision ? 500 : 404, answer.text]);
  });
});
