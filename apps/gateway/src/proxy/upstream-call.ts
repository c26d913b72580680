import type { Answers } from '../pipeline/answers.js';
import { drain } from '../pipeline/drain.js';
import type { Exchange } from '../pipeline/exchange.js';
import { CallAttempts } from './call-attempts.js';
import type { UpstreamHandler, UpstreamRequest } from './http1/upstream-request.js';
import { ClientGone, type RequestBody } from './request-body.js';
import { responseHeaders, responseTrailers } from './response-headers.js';
import { upstreamFailure } from './upstream-failure.js';
import { endWith } from './whole-answer.js';

/** Whoever decides where a call goes, and whether it goes again. */
export interface CallOwner {
  /** How long a client may leave an answer unread, milliseconds. */
  readonly stallTimeoutMillis: number;
  /** An answer has begun; `headers` may still be added to. True: it is not for the client, and the call goes `again`. */
  answered(call: UpstreamCall, status: number, headers: string[]): boolean;
  again(call: UpstreamCall): void;
  /** An attempt failed. True: the call goes on elsewhere. */
  failed(call: UpstreamCall, error: Error): boolean;
  /** The connection has no more to do with the call. */
  released(call: UpstreamCall): void;
  /** Nothing more is to come; said once, maybe before `released`. */
  ended(call: UpstreamCall): void;
}

/** One call to a backend, streamed both ways: its connection calls it as the answer comes in. */
export class UpstreamCall implements UpstreamHandler {
  /** What the attempt under way sends. */
  options: UpstreamRequest = nothing;
  /** The owner's notes about the call. */
  readonly attempts = new CallAttempts();
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #stall: NodeJS.Timeout | undefined;
  #isOver = false;
  /** Bytes left of an answer that is not for the client; undefined while there is none. */
  #unwanted: number | undefined;

  constructor(
    readonly exchange: Exchange,
    private readonly answers: Answers,
    private readonly owner: CallOwner,
    /** The client's body, which can be sent once. */
    readonly body: RequestBody | undefined,
  ) {
    exchange.call = this;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a connection took the attempt under way: before that nothing can have happened at the backend. */
  get wasSent(): boolean {
    return this.#abort !== undefined;
  }

  /** Ends the call with a fault. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.answers.fail(this.exchange, error);
    this.#abort?.();
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    const { exchange } = this;
    if (this.#isOver) abort();
    // Only now is it known that somebody will take the body (RFC 9110 section 10.1.1).
    else if (exchange.awaitsContinue) {
      exchange.awaitsContinue = false;
      exchange.response.writeContinue();
    }
  }

  onHeaders(status: number, raw: string[], resume: () => void, statusText: string): void {
    const { exchange } = this;
    const { response } = exchange;
    const headers = responseHeaders(raw, status);
    if (this.owner.answered(this, status, headers)) {
      this.#unwanted = maxUnwantedBytes;
      return;
    }
    if (this.#isOver) return;
    this.answers.answering(exchange, headers);
    this.#resume = resume;
    // Throws on what Node would not send; the connection then ends and calls onError.
    if (exchange.request.httpVersionMajor > 1 || statusText === '') response.writeHead(status, headers);
    else response.writeHead(status, statusText, headers);
  }

  /** An event stream must not wait for its first event; all others go out together with their first bytes. */
  onPause(): void {
    if (!this.#isOver && this.#unwanted === undefined) this.exchange.response.flushHeaders();
  }

  onData(chunk: Buffer): boolean {
    if (this.#isOver) return true;
    const { response } = this.exchange;
    if (this.#unwanted !== undefined) {
      this.#unwanted -= chunk.length;
      if (this.#unwanted < 0) this.#abort?.();
      return true;
    }
    if (response.write(chunk)) return true;
    this.#waitForClient();
    return false;
  }

  onComplete(trailers: string[] | null, last?: Buffer): void {
    this.owner.released(this);
    if (this.#isOver) return;
    if (this.#unwanted !== undefined) {
      this.#goAgain();
      return;
    }
    const { response, request } = this.exchange;
    this.#end();
    if (trailers !== null && trailers.length > 0 && this.options.method !== 'HEAD' && this.#wantsTrailers()) {
      if (request.httpVersionMajor > 1) response.addTrailers(Object.fromEntries(responseTrailers(trailers)));
      else if (response.chunkedEncoding) response.addTrailers(responseTrailers(trailers));
    }
    if (last === undefined) response.end();
    else endWith(response, last);
    drain(request);
  }

  onError(error: Error): void {
    this.owner.released(this);
    if (this.#isOver) return;
    if (this.#unwanted !== undefined) {
      this.#goAgain();
      return;
    }
    if (error instanceof ClientGone) {
      this.#end();
      this.exchange.cutOff();
      return;
    }
    const { wasSent } = this;
    if (this.owner.failed(this, error)) return;
    this.#end();
    this.answers.fail(this.exchange, upstreamFailure(error, wasSent));
  }

  /** From here on the call is as if it had not been sent. */
  reset(): void {
    this.#abort = undefined;
    this.#unwanted = undefined;
  }

  #goAgain(): void {
    this.reset();
    this.owner.again(this);
  }

  #wantsTrailers(): boolean {
    const { headers } = this.options;
    return Array.isArray(headers) && headers.includes('te');
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#stall);
    this.exchange.call = undefined;
    // Leaves the client's own stream as it is.
    this.body?.destroy();
    this.owner.ended(this);
  }

  clientGone(): void {
    if (this.#isOver) return;
    this.#end();
    this.#abort?.();
  }

  /** No more is read from the backend until the client has taken what there is. */
  #waitForClient(): void {
    const { exchange } = this;
    exchange.response.once('drain', () => {
      clearTimeout(this.#stall);
      this.#resume?.();
    });
    this.#stall = setTimeout(() => exchange.cutOff(), this.owner.stallTimeoutMillis);
  }
}

const nothing: UpstreamRequest = { method: '', path: '', headers: [], body: null, headersTimeout: 0 };

/** An answer that only asks for other credentials is read to its end, so that its connection can be used again. */
const maxUnwantedBytes = 65_536;
