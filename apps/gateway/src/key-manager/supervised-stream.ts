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

const patienceMillis = 10_000;

/** Keeps one server stream open: reconnects with growing, jittered pauses, also when it merely falls silent. */
export class SupervisedStream<Message> {
  private readonly options: SupervisedStreamOptions<Message>;
  private stream: ClientReadableStream<Message> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopped = false;
  private live = false;
  private hasBeenLive = false;
  private saidMissing = false;
  private startedAt = 0;

  constructor(options: SupervisedStreamOptions<Message>) {
    this.options = options;
  }

  get isLive(): boolean {
    return this.live;
  }

  start(): void {
    this.startedAt = Date.now();
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
      this.hasBeenLive = true;
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
    this.options.logger[this.isNews() ? 'warn' : 'debug'](
      { stream: this.options.name, why, ...hintFor(why) },
      'stream lost; reconnecting',
    );
    this.drop();
    this.timer = setTimeout(() => this.connect(), this.backoffMillis());
    this.failures += 1;
  }

  /** A loss is, once; and so is a key manager that has not come in the time it needs to start beside this gateway. */
  private isNews(): boolean {
    if (this.live) return true;
    if (this.hasBeenLive || this.saidMissing || Date.now() - this.startedAt < patienceMillis) return false;
    this.saidMissing = true;
    return true;
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

/** The commonest reason why a gateway never connects is invisible in gRPC's own words. */
function hintFor(why: string): { readonly hint?: string } {
  if (!/certificate|self-signed|SSL|TLS/i.test(why)) return {};
  return {
    hint:
      'gateway and key manager need certificates of one CA: set gateway.keyManager.caFile, certFile and keyFile ' +
      '(keygate certs issue makes them), or use the data folder of the key manager on the same machine',
  };
}
