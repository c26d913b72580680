import type { ClientReadableStream } from '@grpc/grpc-js';
import { waitUntil } from '@keygate/common/testing';

/** Everything a server stream has sent so far. */
export class Heard<Message> {
  readonly messages: Message[] = [];
  /** Set once the stream is over: 'end', or the error. */
  over: 'end' | Error | undefined;

  constructor(readonly stream: ClientReadableStream<Message>) {
    stream.on('data', (message: Message) => this.messages.push(message));
    stream.on('end', () => {
      this.over ??= 'end';
    });
    stream.on('error', (error) => {
      this.over = error;
    });
  }

  /** The first message that fits, waited for. */
  first<Found>(find: (message: Message) => Found | undefined | false): Promise<Found> {
    return waitUntil(
      () => {
        for (const message of this.messages) {
          const found = find(message);
          if (found !== undefined && found !== false) return found;
        }
        return undefined;
      },
      { timeoutMillis: 5_000, what: 'a message on the stream' },
    ) as Promise<Found>;
  }
}
