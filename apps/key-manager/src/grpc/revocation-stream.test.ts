import { createLogger } from '@keygate/common/logging';
import { describe, expect, it } from 'vitest';
import type { RevocationRecord } from '../storage/feeds.js';
import { FeedHub } from './feed-hub.js';
import { RevocationStream } from './revocation-stream.js';

describe('the heartbeat of the revocation stream', () => {
  it('stops while the feed cannot be read, and comes back with it', async () => {
    let isAway = false;
    let reads = 0;
    const source = {
      position: async () => 0,
      since: async () => {
        reads += 1;
        if (isAway) throw new Error('away');
        return [];
      },
    };
    const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
    const hub = new FeedHub<RevocationRecord>('revocations', source, logger);
    await hub.start();
    const over = new AbortController();
    const messages = new RevocationStream(hub).watch(0, over.signal);
    expect((await messages.next()).value).toEqual({ content: { $case: 'heartbeat', heartbeat: 0 } });

    isAway = true;
    let heard = false;
    const next = messages.next().then((result) => {
      heard = true;
      return result;
    });
    const before = reads;
    await expect.poll(() => reads, { timeout: 5_000 }).toBeGreaterThan(before + 1);
    expect(heard).toBe(false);

    isAway = false;
    expect((await next).value).toEqual({ content: { $case: 'heartbeat', heartbeat: 0 } });
    over.abort();
    await hub.close();
  });
});
