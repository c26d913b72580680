import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { findHeader } from '../header-lines.js';
import type { ByteBudget } from './byte-budget.js';

export interface BodyLimits {
  /** Of one body; above it 413. */
  readonly maxBodyBytes: number;
  /** Of all that are held at the moment; above it 503. */
  readonly budget: ByteBudget;
  /** How long a client may take to send one, milliseconds; then 408. Node's own deadline does not know HTTP/2. */
  readonly deadlineMillis: number;
}

/** Whether the framing says that a body follows; never the method. */
export function hasBody({ request, rawHeaders, body }: Exchange): boolean {
  if (body !== undefined) return body.length > 0;
  if (request.httpVersionMajor > 1) return !request.complete && !endsWithHead(request);
  const length = findHeader(rawHeaders, 'content-length');
  return (length !== undefined && length !== '0') || findHeader(rawHeaders, 'transfer-encoding') !== undefined;
}

/** HTTP/2 says with the head whether anything follows. */
function endsWithHead(request: IncomingMessage): boolean {
  return 'stream' in request && (request.stream as { endAfterHeaders?: boolean }).endAfterHeaders === true;
}

/** Reads the body into `exchange.body`, from where it goes to the backend. Its memory counts until the request ends. */
export async function readBody(exchange: Exchange, limits: BodyLimits): Promise<Buffer> {
  if (exchange.body !== undefined) return exchange.body;
  const declared = findHeader(exchange.rawHeaders, 'content-length');
  if (declared !== undefined && Number(declared) > limits.maxBodyBytes) throw new GatewayError('bodyTooLarge');
  if (exchange.awaitsContinue) {
    exchange.awaitsContinue = false;
    exchange.response.writeContinue();
  }
  const reader = new BodyReader(exchange.request, limits);
  exchange.response.once('close', () => reader.release());
  exchange.body = await reader.whole;
  return exchange.body;
}

/** What a body was made into is held as well, until the request ends. */
export function holdFor({ response }: Exchange, bytes: number, { budget }: BodyLimits): void {
  if (!budget.take(bytes)) throw tooMuchHeld();
  response.once('close', () => budget.give(bytes));
}

class BodyReader {
  readonly whole: Promise<Buffer>;
  #chunks: Buffer[] = [];
  #length = 0;
  #held = 0;
  readonly #deadline: NodeJS.Timeout;
  #resolve!: (body: Buffer) => void;
  #reject!: (error: GatewayError) => void;

  constructor(
    private readonly request: IncomingMessage,
    private readonly limits: BodyLimits,
  ) {
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = setTimeout(() => this.#fail(new GatewayError('requestTimedOut')), limits.deadlineMillis);
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('close', this.#onGone);
    request.on('error', this.#onGone);
  }

  release(): void {
    this.limits.budget.give(this.#held);
    this.#held = 0;
  }

  #onData = (chunk: Buffer): void => {
    this.#length += chunk.length;
    if (this.#length > this.limits.maxBodyBytes) this.#fail(new GatewayError('bodyTooLarge'));
    else if (!this.limits.budget.take(chunk.length)) this.#fail(tooMuchHeld());
    else {
      this.#held += chunk.length;
      this.#chunks.push(chunk);
    }
  };

  #onEnd = (): void => {
    // node:http2 ends a body when its stream is reset, as if all of it had come.
    if (isReset(this.request)) {
      this.#onGone();
      return;
    }
    this.#leave();
    this.#resolve(Buffer.concat(this.#chunks, this.#length));
    this.#chunks = [];
  };

  #onGone = (): void => {
    this.#fail(new GatewayError('badRequest', { description: 'The body is not complete.' }));
  };

  #fail(error: GatewayError): void {
    this.#leave();
    this.#chunks = [];
    this.release();
    this.#reject(error);
  }

  #leave(): void {
    clearTimeout(this.#deadline);
    this.request.off('data', this.#onData);
    this.request.off('end', this.#onEnd);
    this.request.off('close', this.#onGone);
    // A late error of a connection that has ended is of no interest to anybody, and has to be heard.
    this.request.off('error', this.#onGone);
    this.request.on('error', ignore);
  }
}

function isReset(request: IncomingMessage): boolean {
  if (!('stream' in request)) return false;
  const { closed, destroyed } = request.stream as ServerHttp2Stream;
  return closed || destroyed;
}

export function tooMuchHeld(): GatewayError {
  return new GatewayError('mediationBusy', { headers: ['Retry-After', '1'] });
}

function ignore(): void {}
