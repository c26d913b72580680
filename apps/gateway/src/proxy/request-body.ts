import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';

/** The client left before its body was complete. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * The client's body as a connection to a backend reads it. A call that ends early destroys it, which leaves the client's
 * connection as it is: a fault is still to be written on that.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage;

  constructor(source: IncomingMessage) {
    super();
    this.#source = source;
    source.on('data', this.#onData);
    source.on('end', this.#onEnd);
    source.on('close', this.#onClose);
    source.on('error', this.#onClose);
    source.pause();
    // The connection listens only while the call runs; a late failure is of no interest to anybody.
    this.on('error', ignore);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off('data', this.#onData);
    this.#source.off('end', this.#onEnd);
    this.#source.off('close', this.#onClose);
    done(error);
  }

  #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#source.pause();
  };

  #onEnd = (): void => {
    if (isStreamClosed(this.#source)) this.#leave();
    else this.push(null);
  };

  #onClose = (): void => {
    if (!this.#source.readableEnded) this.#leave();
  };

  #leave(): void {
    this.destroy(new ClientGone('the client left before its body was complete'));
  }
}

/**
 * node:http2's compatibility objects end a body when its stream is reset, as if all of it had come. A stream that is
 * already closed before it has been answered was reset.
 */
function isStreamClosed(source: IncomingMessage): boolean {
  return (
    'stream' in source &&
    ((source.stream as ServerHttp2Stream).closed || (source.stream as ServerHttp2Stream).destroyed)
  );
}

function ignore(): void {}
