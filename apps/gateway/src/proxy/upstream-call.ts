import type { Dispatcher } from 'undici';
import type { Answers } from '../pipeline/answers.js';
import { drain } from '../pipeline/drain.js';
import type { Exchange } from '../pipeline/exchange.js';
import { ClientGone, RequestBody } from './request-body.js';
import { responseHeaders, responseTrailers } from './response-headers.js';
import { isConnectionLost, upstreamFailure } from './upstream-failure.js';

/** What one call needs from the pool it runs in. */
export interface CallOwner {
  dispatch(options: Dispatcher.DispatchOptions, call: UpstreamCall): void;
  ended(): void;
  /** How long a client may leave an answer unread, milliseconds. */
  readonly stallTimeoutMillis: number;
}

/**
 * One call to a backend, streamed both ways. undici calls it as the answer comes in. Uses undici's raw-header
 * callbacks: the parsed ones would merge repeated headers.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  #abort: ((error?: Error) => void) | undefined;
  #resume: (() => void) | undefined;
  #stall: NodeJS.Timeout | undefined;
  #isOver = false;
  #hasBytes = false;
  #isRetried = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly answers: Answers,
    private readonly owner: CallOwner,
    private readonly options: Dispatcher.DispatchOptions,
  ) {}

  start(): void {
    this.exchange.response.on('close', this.#onClientClose);
    this.owner.dispatch(this.options, this);
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#abort = abort;
    const { response, awaitsContinue } = this.exchange;
    if (this.#isOver) abort();
    // Only now is it known that somebody will take the body (RFC 9110 section 10.1.1).
    else if (awaitsContinue && !this.#isRetried) response.writeContinue();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    // Interim answers end here: 100 was given above, 101 is never asked for, 102 and 103 are hints.
    if (status < 200) return true;
    const { exchange } = this;
    const { response } = exchange;
    const headers = responseHeaders(raw, status);
    this.answers.answering(exchange, headers);
    this.#resume = resume;
    // Throws on what Node would not send; undici then aborts and calls onError.
    if (exchange.request.httpVersionMajor > 1 || statusText === '') response.writeHead(status, headers);
    else response.writeHead(status, statusText, headers);
    // An event stream must not wait for its first event; all others go out together with their first bytes.
    process.nextTick(flushHead, this);
    return true;
  }

  onData(chunk: Buffer): boolean {
    const { response } = this.exchange;
    this.#hasBytes = true;
    if (response.write(chunk)) return true;
    response.once('drain', this.#onDrain);
    this.#stall = setTimeout(this.#onStall, this.owner.stallTimeoutMillis);
    return false;
  }

  onComplete(trailers: string[] | null): void {
    if (this.#isOver) return;
    const { response, request } = this.exchange;
    this.#end();
    if (trailers !== null && trailers.length > 0 && this.options.method !== 'HEAD' && request.httpVersionMajor === 1) {
      if (response.chunkedEncoding && this.#wantsTrailers()) response.addTrailers(responseTrailers(trailers));
    }
    response.end();
    drain(request);
  }

  flushHead(): void {
    if (!this.#isOver && !this.#hasBytes) this.exchange.response.flushHeaders();
  }

  onError(error: Error): void {
    const { exchange } = this;
    if (this.#isOver) return;
    if (this.#mayRetry(error)) {
      this.#isRetried = true;
      this.#abort = undefined;
      this.owner.dispatch(this.options, this);
      return;
    }
    this.#end();
    if (error instanceof ClientGone) exchange.cutOff();
    else this.answers.fail(exchange, upstreamFailure(error, this.#abort !== undefined));
  }

  /** A request without a body and without effects is sent once more when its connection turns out to be dead. */
  #mayRetry(error: Error): boolean {
    const { method, body } = this.options;
    return (
      !this.#isRetried &&
      !this.exchange.response.headersSent &&
      body === null &&
      (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') &&
      this.#abort !== undefined &&
      isConnectionLost(error)
    );
  }

  #wantsTrailers(): boolean {
    const { headers } = this.options;
    return Array.isArray(headers) && headers.includes('te');
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#stall);
    this.exchange.response.off('close', this.#onClientClose);
    // Leaves the client's own stream as it is.
    if (this.options.body instanceof RequestBody) this.options.body.destroy();
    this.owner.ended();
  }

  #onClientClose = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#abort?.();
  };

  #onDrain = (): void => {
    clearTimeout(this.#stall);
    this.#resume?.();
  };

  #onStall = (): void => {
    this.exchange.cutOff();
  };
}

function flushHead(call: UpstreamCall): void {
  call.flushHead();
}
