import { createLogger } from '@keygate/common/logging';
import { describe, expect, it } from 'vitest';
import { FeedHub, type FeedSource } from './feed-hub.js';

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
const forever = new AbortController().signal;

/** A feed in memory whose beginning can be swept away and that can be out of order. */
class FakeFeed implements FeedSource<string> {
  entries: { position: number; item: string }[] = [];
  swept = 0;
  isAway = false;
  reads = 0;
  append(...items: string[]): void {
    for (const item of items) this.entries.push({ position: this.entries.length + 1, item });
  }
  async position(): Promise<number> {
    return this.entries.length;
  }
  async since(position: number, limit: number) {
    this.reads += 1;
    if (this.isAway) throw new Error('away');
    if (position < this.swept) return undefined;
    return this.entries.slice(position, position + limit);
  }
}

const items = (entries: readonly { item: string }[] | undefined) => entries?.map(({ item }) => item);

describe('a feed hub', () => {
  it('begins at the end of the feed and reads on when told to', async () => {
    const feed = new FakeFeed();
    feed.append('a', 'b');
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    expect(hub.position).toBe(2);
    feed.append('c');
    await hub.caughtUp();
    expect(hub.position).toBe(3);
    expect(items(await hub.since(2))).toEqual(['c']);
    expect(items(await hub.since(3))).toEqual([]);
  });

  it('says whether the feed could be read', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    expect(await hub.caughtUp()).toBe(true);
    feed.isAway = true;
    expect(await hub.caughtUp()).toBe(false);
    feed.isAway = false;
    expect(await hub.caughtUp()).toBe(true);
    await hub.close();
  });

  it('reads the feed once for many followers', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    feed.append('a', 'b', 'c');
    await hub.caughtUp();
    const before = feed.reads;
    for (let follower = 0; follower < 100; follower++) expect(items(await hub.since(0))).toEqual(['a', 'b', 'c']);
    expect(feed.reads).toBe(before);
  });

  it('reads from the feed for a follower that fell out of the ring', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger, 2);
    await hub.start();
    feed.append('a', 'b', 'c', 'd');
    await hub.caughtUp();
    expect(items(await hub.since(2))).toEqual(['c', 'd']);
    expect(items(await hub.since(0))).toEqual(['a', 'b', 'c', 'd']);
    feed.swept = 2;
    expect(await hub.since(0)).toBeUndefined();
  });

  it('knows a position that another reader heard first, and none from another database', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    feed.append('a');
    expect(await hub.since(1)).toEqual([]);
    expect(await hub.since(7)).toBeUndefined();
    await hub.caughtUp();
    expect(hub.position).toBe(1);
  });

  it('starts over when what it missed was swept away', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    feed.append('a', 'b', 'c');
    feed.swept = 2;
    await hub.caughtUp();
    expect(hub.position).toBe(3);
    expect(await hub.since(0)).toBeUndefined();
  });

  it('goes on by itself after the feed was away', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    feed.append('a');
    feed.isAway = true;
    await hub.caughtUp();
    expect(hub.position).toBe(0);
    feed.isAway = false;
    await hub.changed(0, 5_000, forever);
    expect(hub.position).toBe(1);
  });

  it('reads more than a batch to its end', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    feed.append(...Array.from({ length: 1_234 }, (_, n) => `${n}`));
    await hub.caughtUp();
    expect(hub.position).toBe(1_234);
  });

  it('wakes its followers for news, on abort, and at the end', async () => {
    const feed = new FakeFeed();
    const hub = new FeedHub('test', feed, logger);
    await hub.start();
    const news = hub.changed(0, 60_000, forever);
    feed.append('a');
    hub.poke();
    await news;
    const over = new AbortController();
    const aborted = hub.changed(1, 60_000, over.signal);
    over.abort();
    await aborted;
    const ended = hub.changed(1, 60_000, forever);
    await hub.close();
    await ended;
    await hub.changed(1, 60_000, forever);
  });
});
