import type { ClientReadableStream } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';

export interface SupervisedStreamOptions<Message> {
  readonly name: string;
  readonly logger: Logger;
  /** Opens the stream from wherever the consumer now stands. */
  readonly open: () => ClientReadableStream<Message>;
  /** Throwing ends this connection: the next one starts from what was last accepted. */
  readonly onMessage: (message: Message) => void;
  /** First message of a connection, and the end of a connection that had one. */
  readonly onLive?: (live: boolean) => void;
  /** The key manager speaks once a second; this long without a word and the connection is taken for dead. */
  readonly silenceMillis?: number;
  readonly minBackoffMillis?: number;
  readonly maxBackoffMillis?: number;
}

/** Keeps one server stream open: reconnects with growing, jittered pauses, also when it merely falls silent. */
export class SupervisedStream<Message> {
  private readonly options: SupervisedStreamOptions<Message>;
  private stream: ClientReadableStream<Message> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopped = false;
  private live = false;

  constructor(options: SupervisedStreamOptions<Message>) {
    this.options = options;
  }

  get isLive(): boolean {
    return this.live;
  }

  start(): void {
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  private connect(): void {
    if (this.stopped) return;
    const stream = this.options.open();
    this.stream = stream;
    stream.on('data', (message: Message) => this.accept(stream, message));
    stream.on('error', (error: Error) => this.lost(stream, error.message));
    stream.on('end', () => this.lost(stream, 'ended by the key manager'));
    this.watchSilence(stream);
  }

  private accept(stream: ClientReadableStream<Message>, message: Message): void {
    if (stream !== this.stream) return;
    try {
      this.options.onMessage(message);
    } catch (error) {
      this.lost(stream, error instanceof Error ? error.message : String(error));
      return;
    }
    this.failures = 0;
    if (!this.live) {
      this.live = true;
      this.options.logger.debug({ stream: this.options.name }, 'stream is live');
      this.options.onLive?.(true);
    }
    this.watchSilence(stream);
  }

  private watchSilence(stream: ClientReadableStream<Message>): void {
    const silenceMillis = this.options.silenceMillis ?? 3_000;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(stream, `silent for ${silenceMillis} ms`), silenceMillis);
  }

  private lost(stream: ClientReadableStream<Message>, why: string): void {
    if (stream !== this.stream) return;
    // The first loss is news; the attempts that follow while the key manager is away are not.
    const level = this.live || this.failures === 0 ? 'warn' : 'debug';
    this.options.logger[level]({ stream: this.options.name, why }, 'stream lost; reconnecting');
    this.drop();
    this.timer = setTimeout(() => this.connect(), this.backoffMillis());
    this.failures += 1;
  }

  private drop(): void {
    clearTimeout(this.timer);
    const stream = this.stream;
    this.stream = undefined;
    // Cancelling emits an error, which must find a listener.
    stream?.cancel();
    if (this.live) {
      this.live = false;
      this.options.onLive?.(false);
    }
  }

  /** Half fixed, half random, so that a fleet of gateways does not come back in one instant. */
  private backoffMillis(): number {
    const { minBackoffMillis = 100, maxBackoffMillis = 2_000 } = this.options;
    const ceiling = Math.min(maxBackoffMillis, minBackoffMillis * 2 ** Math.min(this.failures, 10));
    return ceiling / 2 + (Math.random() * ceiling) / 2;
  }
}
