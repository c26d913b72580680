import { createLogger } from '@keygate/common/logging';
import { startPostgres, temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../src/storage/open-storage.js';
import { createOAuth2World, ManualClock, type OAuth2World } from './support/oauth2.js';

describe.each(['postgresql', 'embedded'])('reuseActiveToken over %s', (kind) => {
  const cleanUp: (() => unknown)[] = [];
  let world: OAuth2World;
  const clock = new ManualClock();

  beforeAll(async () => {
    const folder = temporaryFolder();
    cleanUp.push(() => folder.remove());
    const server = kind === 'postgresql' ? await startPostgres() : undefined;
    if (server) cleanUp.push(() => server.stop());
    const storage = await openStorage({
      databaseUrl: server?.url,
      dataDir: folder.path,
      poolSize: 10,
      caseSensitiveUserNames: false,
      logger: createLogger({ name: 'test', level: 'error', format: 'json' }),
      clock,
    });
    cleanUp.push(() => storage.close());
    world = await createOAuth2World({ reuseActiveToken: true }, clock, storage);
  });
  afterAll(async () => {
    for (const step of cleanUp.reverse()) await step();
  });

  it('gives 200 parallel requests one pair, and 200 more another one once that is revoked', async () => {
    const ask = () => Promise.all(Array.from({ length: 200 }, () => world.password()));
    const pairs = async () => new Set((await ask()).map((pair) => `${pair.accessToken} ${pair.refreshToken}`));
    const first = await pairs();
    expect(first.size).toBe(1);
    expect(await pairs()).toEqual(first);
    await world.revoke({ token: [...first][0]?.split(' ')[0] ?? '' });
    const second = await pairs();
    expect(second.size).toBe(1);
    expect(second).not.toEqual(first);
  });
});
