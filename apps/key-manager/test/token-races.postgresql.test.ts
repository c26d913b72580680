import { setTimeout as pause } from 'node:timers/promises';
import { createLogger } from '@keygate/common/logging';
import { startPostgres } from '@keygate/common/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthError } from '../src/oauth2/errors.js';
import { registerClient } from '../src/storage/fixtures.contract.js';
import { openStorage } from '../src/storage/open-storage.js';
import type { Storage } from '../src/storage/storage.js';
import { signingIdentity } from './support/identity-provider.js';
import { ManualClock } from './support/oauth2.js';
import { createRacingWorld } from './support/racing-world.js';

class RunningClock extends ManualClock {
  override now(): number {
    return this.millis + Math.floor(performance.now());
  }
}

describe('tokens and changes of users at the same time, by two key managers over PostgreSQL', () => {
  const cleanUp: (() => unknown)[] = [];
  let url = '';
  let serving: Storage;
  let changing: Storage;
  let world: Awaited<ReturnType<typeof createRacingWorld>>;
  const clock = new RunningClock();

  beforeAll(async () => {
    const server = await startPostgres();
    cleanUp.push(() => server.stop());
    url = server.url;
    const logger = createLogger({ name: 'test', level: 'error', format: 'json' });
    const options = { databaseUrl: url, dataDir: '', poolSize: 10, caseSensitiveUserNames: false, logger, clock };
    const open = async () => {
      const storage = await openStorage(options);
      cleanUp.push(() => storage.close());
      return storage;
    };
    [serving, changing] = [await open(), await open()];
    const idp = await signingIdentity();
    world = await createRacingWorld({ storage: serving, clock, idp, changes: serving.factChanges });
  });

  afterAll(async () => {
    for (const step of cleanUp.reverse()) await step();
  });

  it('leave no token alive for a role that was taken while everybody asked for tokens', async () => {
    const { requests, giveRole, aliveForCooks, userId } = world;
    const kinds = Object.values(requests);
    let issued = 0;
    for (let round = 0; round < 5; round++) {
      await giveRole();
      let isOver = false;
      const hammer = async (prepare: (typeof kinds)[number]) => {
        while (!isOver) {
          try {
            const { scope } = await (await prepare())();
            if (scope.includes('bake')) issued += 1;
          } catch (thrown) {
            if (!(thrown instanceof OAuthError) || thrown.status !== 400) throw thrown;
          }
        }
      };
      const hammering = Promise.all([...kinds, ...kinds].map(hammer));
      await pause(30 + Math.random() * 60);
      await changing.users.updateUser('carbon.super', userId, { roles: [] });
      await pause(30);
      isOver = true;
      await hammering;
      expect(await aliveForCooks(), `in round ${round}`).toBe(0);
    }
    expect(issued).toBeGreaterThan(0);
  });

  it('make no client of an owner who is losing a role at that moment', async () => {
    const session = new Client({ connectionString: url });
    await session.connect();
    cleanUp.push(() => session.end());
    const { subject } = world;
    await changing.users.updateUser('carbon.super', world.userId, { passwordHash: 'other' });
    await session.query('begin');
    // As whoever takes a role does first: what clients there are is looked up after this.
    await session.query('update subject_epochs set token_epoch = token_epoch + 1 where subject = $1', [subject]);
    let isMade = false;
    const making = registerClient(serving, { owner: subject }).then((clientId) => {
      isMade = true;
      return clientId;
    });
    const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%subject_epochs%'`;
    while ((await session.query(waiting)).rowCount === 0) {
      await pause(10);
      // A transaction sees the activity of its first look for ever.
      await session.query('select pg_stat_clear_snapshot()');
    }
    expect(isMade).toBe(false);
    await session.query('commit');
    expect(await serving.clients.findClient(await making)).toMatchObject({ owner: subject });
  });
});
