import type { Logger } from '@keygate/common/logging';
import { Revocation } from '@keygate/proto/keymanager/v1/revocation';
import type { Redis } from 'ioredis';
import type { RevocationSink } from '../key-manager/revocation-stream.js';
import type { Clock } from './clock.js';

export interface RedisRevocationsOptions {
  readonly subscriber: Redis;
  readonly channel: string;
  readonly sink: RevocationSink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly onLive: (live: boolean, lastHeardAt?: number) => void;
  readonly pingMillis?: number;
  readonly pingTimeoutMillis?: number;
}

/**
 * The Redis half of hearing revocations: fast, at most once. A subscription says nothing when its connection is cut
 * silently, so the connection is pinged, and one that does not answer counts as deaf.
 */
export class RedisRevocations {
  private readonly options: RedisRevocationsOptions;
  private timer: NodeJS.Timeout | undefined;
  private live = false;
  private stopped = false;
  private lastHeardAt = 0;

  constructor(options: RedisRevocationsOptions) {
    this.options = options;
  }

  get isLive(): boolean {
    return this.live;
  }

  start(): void {
    const { subscriber } = this.options;
    subscriber.on('messageBuffer', (_channel: Buffer, message: Buffer) => this.accept(message));
    subscriber.on('ready', () => void this.subscribe());
    subscriber.on('close', () => this.setLive(false));
    if (subscriber.status === 'ready') void this.subscribe();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.options.subscriber.disconnect();
  }

  private async subscribe(): Promise<void> {
    try {
      await this.options.subscriber.subscribe(this.options.channel);
    } catch (error) {
      this.options.logger.debug({ err: error }, 'subscribing to revocations failed');
      return;
    }
    this.lastHeardAt = this.options.clock.now();
    this.setLive(true);
    this.pingLater();
  }

  private pingLater(): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.ping(), this.options.pingMillis ?? 1_000);
  }

  private async ping(): Promise<void> {
    const { subscriber, pingTimeoutMillis = 1_500, clock, logger } = this.options;
    if (subscriber.status !== 'ready') return;
    const answered = await answersWithin(subscriber.ping(), pingTimeoutMillis);
    if (this.stopped) return;
    if (answered) {
      this.lastHeardAt = clock.now();
      this.pingLater();
      return;
    }
    logger.warn('redis does not answer on the revocation subscription; reconnecting');
    this.setLive(false);
    subscriber.disconnect(true);
  }

  private accept(message: Buffer): void {
    try {
      this.options.sink.revoked(Revocation.decode(message));
    } catch (error) {
      this.options.logger.warn({ err: error }, 'a revocation on redis could not be read');
      this.options.sink.missedSome();
    }
  }

  private setLive(live: boolean): void {
    if (this.live === live || this.stopped) return;
    this.live = live;
    this.options.onLive(live, live ? undefined : this.lastHeardAt);
  }
}

async function answersWithin(answer: Promise<unknown>, millis: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), millis);
  });
  try {
    return await Promise.race([answer.then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
