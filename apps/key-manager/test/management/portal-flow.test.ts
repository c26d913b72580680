import { afterAll, beforeAll, describe, it } from 'vitest';
import { portalFlow } from './support/portal-flow.js';
import { startWorld, type World } from './support/world.js';

describe('from registration to an application token', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  it('works end to end', () => portalFlow(world));
});
