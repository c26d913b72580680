import { type StatusObject, status } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import { type ExchangeStream, HotPathStream } from './hot-path-stream.js';

export interface HotPathLaneOptions {
  readonly open: () => ExchangeStream;
  readonly logger: Logger;
  readonly lifetimeMillis?: number;
  readonly minBackoffMillis?: number;
  readonly maxBackoffMillis?: number;
  readonly openingMillis?: number;
  /** How long to do without a key manager that knows no streams; it may be replaced by a newer one meanwhile. */
  readonly unimplementedMillis?: number;
}

/**
 * Keeps a stream open to one address and renews it before it is old. A key manager ends connections after half an hour
 * and cuts their streams a minute later (`grpc.max_connection_age_grace_ms`); a stream that lives for less than that
 * minute, deadlines included, always goes over to the new connection with nothing lost. Behind a name with several
 * addresses it also comes to another one each time.
 */
export class HotPathLane {
  private readonly options: Required<HotPathLaneOptions>;
  private current: HotPathStream | undefined;
  private opening: HotPathStream | undefined;
  private readonly retired = new Set<HotPathStream>();
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private isStopped = false;
  private saidUnimplemented = false;

  constructor(options: HotPathLaneOptions) {
    this.options = {
      lifetimeMillis: 30_000,
      minBackoffMillis: 100,
      maxBackoffMillis: 2_000,
      openingMillis: 3_000,
      unimplementedMillis: 30_000,
      ...options,
    };
  }

  /** The stream to use now, if there is one. */
  get stream(): HotPathStream | undefined {
    return this.current?.isOpen ? this.current : undefined;
  }

  start(): void {
    this.open();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    const streams = [this.opening, this.current, ...this.retired];
    this.opening = undefined;
    this.current = undefined;
    for (const stream of streams) stream?.cancel();
  }

  private open(): void {
    if (this.isStopped) return;
    const stream = new HotPathStream(this.options.open(), {
      onLive: () => this.use(stream),
      onDraining: () => this.leave(stream, 'the key manager is stopping'),
      onSilent: () => this.leave(stream, 'it fell silent'),
      onOver: (end) => this.over(stream, end),
    });
    this.opening = stream;
    // Its end comes as a status, which opens the next.
    this.after(this.options.openingMillis, () => stream.cancel());
  }

  private use(stream: HotPathStream): void {
    if (stream !== this.opening) return;
    this.opening = undefined;
    this.failures = 0;
    if (this.current !== undefined) this.retire(this.current);
    this.current = stream;
    this.options.logger.debug('calls go over a stream');
    this.after(jittered(this.options.lifetimeMillis), () => this.open());
  }

  /** Nothing more is sent on it; the next one may come to another key manager. */
  private leave(stream: HotPathStream, why: string): void {
    if (stream !== this.current) return;
    this.current = undefined;
    this.retire(stream);
    if (this.opening === undefined) this.retry(why);
  }

  private retire(stream: HotPathStream): void {
    this.retired.add(stream);
    stream.retire();
  }

  private over(stream: HotPathStream, end: StatusObject): void {
    this.retired.delete(stream);
    if (stream !== this.current && stream !== this.opening) return;
    if (stream === this.current) this.current = undefined;
    // Another one is on its way already.
    else this.opening = undefined;
    if (this.opening !== undefined) return;
    if (end.code === status.UNIMPLEMENTED) this.doWithout();
    else this.retry(end.details);
  }

  private retry(why: string): void {
    this.options.logger.debug({ why }, 'no stream of calls; calls go one by one');
    this.after(this.backoffMillis(), () => this.open());
    this.failures += 1;
  }

  private doWithout(): void {
    if (!this.saidUnimplemented)
      this.options.logger.info('the key manager knows no streams of calls; calls go one by one');
    this.saidUnimplemented = true;
    this.after(jittered(this.options.unimplementedMillis), () => this.open());
  }

  private after(millis: number, action: () => void): void {
    clearTimeout(this.timer);
    if (!this.isStopped) this.timer = setTimeout(action, millis);
  }

  private backoffMillis(): number {
    const { minBackoffMillis, maxBackoffMillis } = this.options;
    return jittered(Math.min(maxBackoffMillis, minBackoffMillis * 2 ** Math.min(this.failures, 10)));
  }
}

/** Half fixed, half random, so that a fleet of gateways does not come back in one instant. */
const jittered = (millis: number) => millis / 2 + (Math.random() * millis) / 2;
