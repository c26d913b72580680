import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@keygate/common/logging';
import type { RedisKeys } from '@keygate/common/redis';
import { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { Redis } from 'ioredis';
import type { FeedHub } from '../grpc/feed-hub.js';
import { revocationMessage } from '../grpc/revocation-messages.js';
import type { RevocationTarget } from '../oauth2/model.js';
import type { RevocationRecord } from '../storage/feeds.js';

const longestMarkMillis = 24 * 3_600_000;
/** Said again after a start: the process that committed them may have died before it could publish. */
const repeatMillis = 60_000;
const repeatEntries = 4_096;
const retryMillis = 250;
const idleMillis = 60_000;
const lastWordMillis = 1_000;

// One key only, so it works on a Cluster. A late or repeated message must not move the mark back in time.
const raiseMark = `
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if current < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 0`;

/**
 * Tells every gateway on the same Redis of revocations, in the order that lets no cache fill bring a token back: the
 * mark first, then the cached token goes, then the message. It works from the feed and not from memory, so what Redis
 * missed while it was away is said when it is back.
 */
export class RedisBroadcaster {
  readonly #stopped = new AbortController();
  #position = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly redis: Pick<Redis, 'set' | 'del' | 'publish' | 'eval'>,
    private readonly keys: RedisKeys,
    private readonly hub: FeedHub<RevocationRecord>,
    private readonly lagSeconds: (seconds: number) => void,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  /** Publishes what the hub knows already, for a second at most, and ends. */
  async stop(): Promise<void> {
    const end = Date.now() + lastWordMillis;
    while (this.#position < this.hub.position && Date.now() < end) await delay(10);
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    let failing = false;
    let isPlaced = false;
    let oldest = Date.now() - repeatMillis;
    while (!signal.aborted && !this.hub.closed) {
      try {
        if (!isPlaced) this.#position = await this.#firstPosition();
        isPlaced = true;
        const entries = await this.hub.since(this.#position);
        if (!entries) this.#position = this.hub.position;
        for (const { item } of entries ?? []) {
          if (item.revokedAt >= oldest) await this.#publish(item);
          this.#position = item.seq;
        }
        if (failing) this.logger.info('revocations reach redis again');
        failing = false;
        if (!entries || entries.length > 0) continue;
        // What comes from now on is said whatever its age: it waited for Redis, or for the database.
        oldest = 0;
        await this.hub.changed(this.#position, idleMillis, signal);
      } catch (error) {
        if (!failing) this.logger.warn({ reason: reasonOf(error) }, 'revocations do not reach redis, trying again');
        failing = true;
        await this.hub.changed(Number.MAX_SAFE_INTEGER, retryMillis, signal);
      }
    }
  }

  /** As far back as the feed still goes, which is not far where little is revoked. */
  async #firstPosition(): Promise<number> {
    for (let back = repeatEntries; back > 0; back = Math.floor(back / 2)) {
      const position = Math.max(0, this.hub.position - back);
      if (await this.hub.since(position)) return position;
    }
    return this.hub.position;
  }

  async #publish(record: RevocationRecord): Promise<void> {
    const life = (record.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
    if (life > 0) await this.#mark(record.target, record.revokedAt, Math.min(life, longestMarkMillis));
    if (record.target.kind === 'token') await this.redis.del(this.keys.token(record.target.hash.toString('hex')));
    const message = Buffer.from(Revocation.encode(revocationMessage(record)).finish());
    await this.redis.publish(this.keys.revocations, message);
    this.lagSeconds(Math.max(0, Date.now() - record.revokedAt) / 1_000);
  }

  async #mark(target: RevocationTarget, revokedAt: number, lifeMillis: number): Promise<void> {
    switch (target.kind) {
      case 'token':
        await this.redis.set(this.keys.tombstone(target.hash.toString('hex')), '1', 'PX', Math.ceil(lifeMillis));
        return;
      case 'grant':
        return this.#raise(this.keys.notBefore('grant', target.grantId), revokedAt);
      case 'client':
        return this.#raise(this.keys.notBefore('client', target.clientId), revokedAt);
      case 'subject':
        return this.#raise(this.keys.notBefore('subject', target.subject), revokedAt);
    }
  }

  async #raise(key: string, revokedAt: number): Promise<void> {
    await this.redis.eval(raiseMark, 1, key, revokedAt, longestMarkMillis);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
