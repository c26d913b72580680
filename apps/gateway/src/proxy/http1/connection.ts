import type { Socket } from 'node:net';
import { BodySender, type SenderOwner } from './body-sender.js';
import { ChunkedDecoder } from './chunked-decoder.js';
import type { Bounded, Deadlines } from './deadlines.js';
import { noBody, writeRequestHead } from './request-head.js';
import { chunked, parseResponseHead, type ResponseHead, untilClose } from './response-head.js';
import { protocolError, UpstreamError } from './upstream-error.js';
import type { UpstreamHandler, UpstreamRequest } from './upstream-request.js';

/** What a connection needs of the pool it belongs to. */
export interface ConnectionOwner {
  /** Value of the Host header. */
  readonly host: string;
  readonly deadlines: Deadlines;
  readonly bodyTimeoutMillis: number;
  /** The connection may be given another request. */
  released(connection: Http1Connection): void;
  closed(connection: Http1Connection): void;
}

/** `ready`: a handler has the request, and nothing of it has been written. */
type Phase = 'connecting' | 'idle' | 'ready' | 'head' | 'body' | 'closed';

/** A request that waits for its connection. */
export interface Waiting {
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
}

/** How long a connection without a request is kept when the backend says nothing, and at most; milliseconds. */
const idleMillis = 4_000;
const maxIdleMillis = 60_000;
const maxHeadBytes = 16_384;
const endOfHead = '\r\n\r\n';

/**
 * One connection to a backend, one request at a time. Anything on it that is not exactly one well-formed answer to the
 * request under way ends it: the next answer would be somebody else's.
 */
export class Http1Connection implements Bounded, SenderOwner {
  dueAt = Number.POSITIVE_INFINITY;
  #phase: Phase = 'connecting';
  #request: UpstreamRequest | undefined;
  #handler: UpstreamHandler | undefined;
  #sender: BodySender | undefined;
  /** The beginning of a head whose end has not come yet. */
  #partialHead: Buffer | undefined;
  #head: ResponseHead | undefined;
  /** Bytes of the body to come, when that is known. */
  #left = 0;
  #chunks: ChunkedDecoder | undefined;
  #isPaused = false;
  /** The head has just been read, and no byte of the body. */
  #isHeadAlone = false;
  /** The answer is whole and the connection good; told to the owner once nothing else has come with it. */
  #isFree = false;
  /** Why the socket was destroyed, for the request under way. */
  #failure: Error | undefined;

  /** Whoever makes one connects the socket, and says so by `connected`. */
  constructor(
    private readonly socket: Socket,
    private readonly owner: ConnectionOwner,
    /** What is read is in memory that is used again for the next read. */
    private readonly isMemoryShared: boolean,
    connectTimeoutMillis: number,
    /** Sent as soon as there is a connection; fails when there is none. */
    private first: Waiting | undefined,
  ) {
    this.dueAt = owner.deadlines.in(connectTimeoutMillis);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onSocketError);
    socket.on('close', this.#onClose);
    owner.deadlines.add(this);
  }

  /** The socket is connected, and encrypted if it is to be. */
  connected(): void {
    const { first } = this;
    this.#phase = 'idle';
    this.first = undefined;
    if (first !== undefined) this.send(first.request, first.handler);
  }

  get isIdle(): boolean {
    return this.#phase === 'idle' && !this.socket.destroyed;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): void {
    this.#phase = 'ready';
    this.#request = request;
    this.#handler = handler;
    handler.onConnect(this.#abort);
    // Nobody waits for it any more.
    if (this.#handler !== handler) {
      this.#release();
      return;
    }
    const length = contentLengthOf(request);
    let head: string;
    try {
      head = writeRequestHead(request, this.owner.host, length);
    } catch (error) {
      // Nothing has been written: the connection is as good as before.
      this.#release();
      handler.onError(error as Error);
      return;
    }
    this.#phase = 'head';
    if (request.body === null) {
      this.dueAt = this.owner.deadlines.in(request.headersTimeout);
      this.socket.write(head, 'latin1');
    } else {
      this.dueAt = Number.POSITIVE_INFINITY;
      this.#sender = new BodySender(this.socket, head, request.body, length, this);
      this.#sender.start();
    }
  }

  /** Takes what the socket has read; only the first `length` bytes are meant. */
  read(buffer: Buffer, length: number): void {
    try {
      this.#take(buffer, length);
    } catch (error) {
      this.destroy(error as Error);
    }
    if (this.#isHeadAlone && this.#phase === 'body') this.#handler?.onPause?.();
    this.#isHeadAlone = false;
    if (!this.#isFree) return;
    this.#isFree = false;
    if (this.#phase === 'idle') this.owner.released(this);
  }

  /** Ends the connection; the request under way fails with the error. */
  destroy(error?: Error): void {
    this.#failure ??= error;
    this.socket.destroy();
    this.#end(error ?? new UpstreamError('UPSTREAM_CLOSED', 'the connection was closed'));
  }

  expired(): void {
    this.destroy(tooLate(this.#phase));
  }

  stalled(): void {
    if (this.#phase === 'head') this.dueAt = this.owner.deadlines.in(this.#request?.headersTimeout ?? 0);
  }

  /** The client's own slowness is not the backend's: while the body is on its way nothing is due. */
  moved(): void {
    if (this.#phase !== 'head') return;
    const isSent = this.#sender?.isDone ?? true;
    this.dueAt = isSent ? this.owner.deadlines.in(this.#request?.headersTimeout ?? 0) : Number.POSITIVE_INFINITY;
  }

  failed(error: Error): void {
    this.destroy(error);
  }

  #take(buffer: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#phase === 'head') at = this.#readHead(buffer, at, length);
      else if (this.#phase === 'body') at = this.#readBody(buffer, at, length);
      else if (this.#phase === 'closed') return;
      else throw protocolError('bytes that nobody asked for');
    }
  }

  #readHead(buffer: Buffer, from: number, to: number): number {
    const partial = this.#partialHead;
    const whole = partial === undefined ? buffer : Buffer.concat([partial, buffer.subarray(from, to)]);
    const start = partial === undefined ? from : 0;
    const end = partial === undefined ? to : whole.length;
    const found = whole.indexOf(endOfHead, start, 'latin1');
    if (found < 0 || found + endOfHead.length > end) {
      if (end - start > maxHeadBytes) throw protocolError('a head that is too long');
      refuseGarbage(whole, start, end);
      this.#partialHead = Buffer.from(whole.subarray(start, end));
      return to;
    }
    if (found - start > maxHeadBytes) throw protocolError('a head that is too long');
    this.#partialHead = undefined;
    this.#headRead(whole.toString('latin1', start, found));
    // Counted from the end, where both buffers are the same.
    return to - (end - found - endOfHead.length);
  }

  #headRead(text: string): void {
    const { method } = this.#request as UpstreamRequest;
    const head = parseResponseHead(text, method);
    if (head.status === 101) throw protocolError('a switch of protocols that nobody asked for');
    // Hints, and the go-ahead that was not waited for.
    if (head.status < 200) return;
    this.#head = head;
    this.#phase = 'body';
    this.#isHeadAlone = true;
    this.#left = head.framing;
    if (head.framing === chunked) this.#chunks = new ChunkedDecoder();
    this.dueAt = this.owner.deadlines.in(this.owner.bodyTimeoutMillis);
    this.#handler?.onHeaders(head.status, head.headers, this.#resume, head.statusText);
    if (head.framing === 0) this.#complete(null);
  }

  #readBody(buffer: Buffer, from: number, to: number): number {
    this.dueAt = this.owner.deadlines.in(this.owner.bodyTimeoutMillis);
    if (this.#chunks !== undefined) return this.#readChunks(this.#chunks, buffer, from, to);
    if (this.#left === untilClose) {
      this.#give(buffer, from, to);
      return to;
    }
    const end = Math.min(to, from + this.#left);
    this.#left -= end - from;
    if (this.#left > 0) this.#give(buffer, from, end);
    else this.#complete(null, buffer.subarray(from, end));
    return end;
  }

  #readChunks(chunks: ChunkedDecoder, buffer: Buffer, from: number, to: number): number {
    // The last piece is held back until it is known whether the answer ends with it: then all goes out in one write.
    let start = -1;
    let end = -1;
    const at = chunks.decode(buffer, from, to, (pieceStart, pieceEnd) => {
      if (start >= 0) this.#give(buffer, start, end);
      start = pieceStart;
      end = pieceEnd;
    });
    if (chunks.isDone) this.#complete(chunks.trailers, start < 0 ? undefined : buffer.subarray(start, end));
    else if (start >= 0) this.#give(buffer, start, end);
    return at;
  }

  #give(buffer: Buffer, from: number, to: number): void {
    const piece = buffer.subarray(from, to);
    this.#isHeadAlone = false;
    const goesOn = this.#handler?.onData(this.isMemoryShared ? Buffer.from(piece) : piece) ?? true;
    if (goesOn || this.#phase !== 'body') return;
    this.socket.pause();
    this.#isPaused = true;
    // The client is slow, not the backend.
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  #complete(trailers: string[] | null, last?: Buffer): void {
    const handler = this.#handler;
    const idle = this.#idleAfter();
    this.#forget();
    if (idle > 0) {
      this.#phase = 'idle';
      this.#isFree = true;
      this.dueAt = this.owner.deadlines.in(idle);
      this.#readOn();
    } else {
      this.#phase = 'closed';
      this.socket.destroy();
    }
    handler?.onComplete(trailers, last);
  }

  /** How long the connection may wait for another request; 0: it may not. */
  #idleAfter(): number {
    const { keepsAlive, framing, keepAliveSeconds } = this.#head as ResponseHead;
    if (!keepsAlive || framing === untilClose || this.#sender?.isDone === false) return 0;
    // A second less than the backend said, so that it does not close while a request is on its way.
    return keepAliveSeconds === undefined ? idleMillis : Math.min(maxIdleMillis, keepAliveSeconds * 1_000 - 1_000);
  }

  /** Nothing has been sent after all. */
  #release(): void {
    this.#forget();
    if (this.#phase === 'closed') return;
    this.#phase = 'idle';
    this.dueAt = this.owner.deadlines.in(idleMillis);
    this.owner.released(this);
  }

  #readOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  #forget(): void {
    this.#sender?.stop();
    this.#sender = undefined;
    this.#request = undefined;
    this.#handler = undefined;
    this.#head = undefined;
    this.#chunks = undefined;
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  /** The request under way has failed, and the connection with it. */
  #end(error: Error): void {
    const handler = this.#handler ?? this.first?.handler;
    this.#forget();
    this.first = undefined;
    this.#phase = 'closed';
    handler?.onError(error);
  }

  #abort = (error?: Error): void => {
    if (this.#phase === 'ready') {
      const handler = this.#handler;
      this.#handler = undefined;
      handler?.onError(error ?? givenUp());
    } else if (this.#handler !== undefined) this.destroy(error ?? givenUp());
  };

  #resume = (): void => {
    if (this.#phase !== 'body') return;
    this.dueAt = this.owner.deadlines.in(this.owner.bodyTimeoutMillis);
    this.#readOn();
  };

  #onEnd = (): void => {
    if (this.#phase === 'body' && this.#left === untilClose && this.#chunks === undefined) this.#complete(null);
    else this.destroy();
  };

  #onSocketError = (error: Error): void => {
    this.#failure ??= error;
  };

  #onClose = (): void => {
    this.owner.deadlines.remove(this);
    this.#end(this.#failure ?? new UpstreamError('UPSTREAM_CLOSED', 'the connection ended before the answer did'));
    this.owner.closed(this);
  };
}

/** What does not begin like an answer never becomes one: to wait for more of it would be a time-out instead. */
function refuseGarbage(buffer: Buffer, start: number, end: number): void {
  const beginning = buffer.toString('latin1', start, Math.min(end, start + 7));
  if (!'HTTP/1.'.startsWith(beginning)) throw protocolError('no HTTP/1.1 status line');
  const lineFeed = buffer.subarray(start, end).indexOf('\n');
  if (lineFeed > 0 && buffer[start + lineFeed - 1] !== carriageReturn)
    throw protocolError('a bare line end in the head');
}

const carriageReturn = 0x0d;

/** Undefined for an idle connection, which nobody misses. */
function tooLate(phase: Phase): UpstreamError | undefined {
  switch (phase) {
    case 'connecting':
      return new UpstreamError('UPSTREAM_CONNECT_TIMEOUT', 'no connection in time');
    case 'head':
      return new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'no answer in time');
    case 'body':
      return new UpstreamError('UPSTREAM_BODY_TIMEOUT', 'the answer pauses for too long');
    default:
      return undefined;
  }
}

function givenUp(): UpstreamError {
  return new UpstreamError('UPSTREAM_ABORTED', 'the call was given up');
}

/** Servers wait for the body of these unless they are told that there is none (RFC 9110 section 8.6). */
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH']);

/** `noBody` when none is expected; undefined when there is one and nobody knows how long it will be. */
function contentLengthOf({ headers, body, method }: UpstreamRequest): number | undefined {
  if (body === null) return methodsWithBody.has(method) ? 0 : noBody;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(headers[i + 1]);
  }
  return undefined;
}
