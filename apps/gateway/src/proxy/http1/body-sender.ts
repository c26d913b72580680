import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { UpstreamError } from './upstream-error.js';

/** What the sender tells the connection. */
export interface SenderOwner {
  /** The backend takes no more at the moment. */
  stalled(): void;
  /** It takes more again, or everything has been sent. */
  moved(): void;
  failed(error: Error): void;
}

/**
 * Writes one request to a connection: its head with the first piece of its body, then the rest, no faster than the
 * backend takes it and no longer than was said. Of a body that turns out to be malformed at once nothing is sent at all.
 */
export class BodySender {
  #left: number | undefined;
  #isDone = false;
  #head: string;

  /** `length` is what Content-Length says; without it the body is sent in chunks. */
  constructor(
    private readonly socket: Socket,
    head: string,
    private readonly body: Readable,
    length: number | undefined,
    private readonly owner: SenderOwner,
  ) {
    this.#left = length;
    this.#head = head;
  }

  start(): void {
    this.body.on('data', this.#onData);
    this.body.on('end', this.#onEnd);
    this.body.on('error', this.#onError);
    this.socket.on('drain', this.#onDrain);
  }

  /** All of it has been written, so that the connection can take another request. */
  get isDone(): boolean {
    return this.#isDone;
  }

  stop(): void {
    this.body.off('data', this.#onData);
    this.body.off('end', this.#onEnd);
    this.body.off('error', this.#onError);
    this.socket.off('drain', this.#onDrain);
  }

  #onData = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    if (this.#write(chunk)) return;
    this.body.pause();
    this.owner.stalled();
  };

  #onDrain = (): void => {
    this.owner.moved();
    this.body.resume();
  };

  #onEnd = (): void => {
    if (this.#left !== undefined && this.#left > 0) {
      this.#onError(lengthProblem());
      return;
    }
    const end = this.#left === undefined ? '0\r\n\r\n' : '';
    if (this.#head !== '' || end !== '') this.socket.write(this.#takeHead() + end, 'latin1');
    this.#isDone = true;
    this.stop();
    this.owner.moved();
  };

  #onError = (error: Error): void => {
    this.stop();
    this.owner.failed(error);
  };

  #write(chunk: Buffer): boolean {
    if (this.#left !== undefined) {
      this.#left -= chunk.length;
      if (this.#left >= 0) return this.#send(this.#takeHead(), chunk, '');
      // What is too much would be read as the next request on this connection.
      this.#onError(lengthProblem());
      return true;
    }
    return this.#send(`${this.#takeHead()}${chunk.length.toString(16)}\r\n`, chunk, '\r\n');
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }

  /** In one system call. */
  #send(before: string, chunk: Buffer, after: string): boolean {
    const { socket } = this;
    if (before === '' && after === '') return socket.write(chunk);
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let goesOn = socket.write(chunk);
    if (after !== '') goesOn = socket.write(after, 'latin1');
    socket.uncork();
    return goesOn;
  }
}

function lengthProblem(): UpstreamError {
  return new UpstreamError('UPSTREAM_REQUEST_LENGTH', 'the body is not as long as its Content-Length');
}
