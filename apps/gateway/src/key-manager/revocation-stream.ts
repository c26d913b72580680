import type { Logger } from '@keygate/common/logging';
import type { Revocation, RevocationMessage } from '@keygate/proto/keymanager/v1/revocation';
import type { KeyManagerClient } from './key-manager.client.js';
import { RewindDetector } from './rewind-detector.js';
import { SupervisedStream } from './supervised-stream.js';

/** Takes what is heard about revocations, from whichever channel. */
export interface RevocationSink {
  revoked(revocation: Revocation): void;
  /** Some may have been missed: nothing verified until now may be trusted. */
  missedSome(): void;
  /** Hearing begins now; what happened before will not be told. */
  beganAnew(): void;
}

export interface RevocationStreamOptions {
  readonly client: Pick<KeyManagerClient, 'watchRevocations'>;
  readonly logger: Logger;
  readonly gatewayId: string;
  readonly sink: RevocationSink;
  readonly onLive: (live: boolean, lastHeardAt?: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The gRPC half of hearing revocations. Complete and in order: after a break it resumes behind the last one seen. Only
 * what came by this stream moves the cursor, because Redis may have skipped some before the one it delivered.
 */
export class RevocationStream {
  private readonly options: RevocationStreamOptions;
  private readonly stream: SupervisedStream<RevocationMessage>;
  private readonly rewind = new RewindDetector();
  private cursor = 0;
  private resumable = false;
  private lastHeardAt = 0;

  constructor(options: RevocationStreamOptions) {
    this.options = options;
    const { client, logger, gatewayId, onLive } = options;
    this.stream = new SupervisedStream<RevocationMessage>({
      name: 'revocations',
      logger,
      open: () => client.watchRevocations({ cursor: this.cursor, gatewayId }),
      onMessage: ({ content }) => this.accept(content),
      // A cut connection is noticed seconds later; deafness began with the last word.
      onLive: (live) => onLive(live, live ? undefined : this.lastHeardAt),
    });
  }

  get isLive(): boolean {
    return this.stream.isLive;
  }

  start(): void {
    this.stream.start();
  }

  stop(): void {
    this.stream.stop();
  }

  private accept(content: RevocationMessage['content']): void {
    this.lastHeardAt = this.options.now();
    if (content === undefined) return;
    if (!this.resumable) {
      // The first stream of this process tells only what is new; what was verified before it began is of unknown age.
      this.resumable = true;
      this.options.sink.beganAnew();
    }
    switch (content.$case) {
      case 'revocation':
        this.options.sink.revoked(content.revocation);
        this.cursor = Math.max(this.cursor, content.revocation.seq);
        return;
      case 'heartbeat':
        if (this.rewind.sees(content.heartbeat, this.cursor)) this.restartAt(content.heartbeat);
        else this.cursor = Math.max(this.cursor, content.heartbeat);
        return;
      case 'reset':
        this.restartAt(content.reset);
    }
  }

  private restartAt(seq: number): void {
    this.options.logger.warn({ seq }, 'revocations were missed; cached tokens are dropped');
    this.cursor = seq;
    this.options.sink.missedSome();
  }
}
