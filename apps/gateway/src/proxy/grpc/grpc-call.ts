import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Upstream } from '../../apis/compiled-catalog.js';
import type { Answers } from '../../pipeline/answers.js';
import type { Exchange } from '../../pipeline/exchange.js';
import { findHeader } from '../../pipeline/header-lines.js';
import { UpstreamError } from '../http1/upstream-error.js';
import { requestHeaders } from '../request-headers.js';
import { responseHeaders, responseTrailers } from '../response-headers.js';
import { upstreamFailure } from '../upstream-failure.js';
import { upstreamPath } from '../upstream-path.js';
import { grpcTimeoutMillis } from './grpc-timeout.js';
import type { Lease } from './session-pool.js';

export interface GrpcCallOptions {
  readonly exchange: Exchange;
  readonly answers: Answers;
  readonly client: ServerHttp2Stream;
  readonly lease: Lease;
  /** Of the gateway for the backend, names and values in turn. */
  readonly credentials: readonly string[];
  /** How long the answer may take to begin once the request is complete. */
  readonly headersTimeoutMillis: number;
}

/** One call: messages both ways as they come, trailers both ways, and whoever gives up takes the other side along. */
export class GrpcCall {
  #backend: ClientHttp2Stream | undefined;
  #trailers: OutgoingHttpHeaders | undefined;
  #isOver = false;
  #deadline: NodeJS.Timeout | undefined;
  #headTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: GrpcCallOptions) {}

  start(upstream: Upstream): void {
    const { exchange, client, lease, credentials } = this.options;
    client.once('close', this.#onClientClose);
    this.#watchDeadline();
    try {
      const backend = lease.session.request(headersFor(exchange, upstream, credentials), { waitForTrailers: true });
      this.#backend = backend;
      this.#listen(backend);
      this.#sendBody(backend);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #listen(backend: ClientHttp2Stream): void {
    const { exchange } = this.options;
    backend.once('response', (headers, flags) => {
      try {
        this.#answer(headers, (flags & endStream) !== 0);
      } catch (error) {
        // What Node would not send.
        this.#fail(error as Error);
      }
    });
    backend.once('trailers', (headers) => {
      this.#trailers = objectOf(responseTrailers(linesOf(headers)).flat());
    });
    backend.once('wantTrailers', () => {
      backend.sendTrailers(objectOf(responseTrailers(exchange.request.rawTrailers).flat()));
    });
    backend.on('error', (error) => this.#fail(error));
    // Trailers come with the end of a stream and with nothing else; without them, only its close says how it ended.
    backend.once('end', () => {
      if (this.#trailers !== undefined) this.#complete();
    });
    backend.once('close', () => {
      if (backend.rstCode === constants.NGHTTP2_NO_ERROR && this.options.client.headersSent) this.#complete();
      else this.#fail(new UpstreamError('UPSTREAM_CLOSED', 'the stream ended before the answer did'));
    });
  }

  #sendBody(backend: ClientHttp2Stream): void {
    const { exchange } = this.options;
    const { request, body } = exchange;
    if (body !== undefined) {
      backend.end(body);
      this.#watchHead();
      return;
    }
    request.on('data', (chunk: Buffer) => {
      if (this.#isOver || backend.write(chunk)) return;
      request.pause();
      backend.once('drain', () => request.resume());
    });
    request.once('end', () => {
      // A stream that is closed before it has been answered was reset: its body is not whole.
      if (this.#isOver || this.options.client.closed || this.options.client.destroyed) return;
      backend.end();
      this.#watchHead();
    });
  }

  #answer(headers: IncomingHttpHeaders, isWhole: boolean): void {
    if (this.#isOver || this.options.client.destroyed) return;
    clearTimeout(this.#headTimer);
    const { exchange, answers, client } = this.options;
    const status = Number(headers[':status']);
    const lines = responseHeaders(linesOf(headers), status);
    answers.answering(exchange, lines);
    exchange.response.statusCode = status;
    client.respond({ ...objectOf(lines), ':status': status }, { endStream: isWhole, waitForTrailers: !isWhole });
    if (isWhole) {
      this.#end();
      return;
    }
    const backend = this.#backend as ClientHttp2Stream;
    backend.on('data', (chunk: Buffer) => {
      if (client.destroyed || client.write(chunk)) return;
      backend.pause();
      client.once('drain', () => backend.resume());
    });
  }

  #complete(): void {
    if (this.#isOver) return;
    this.#end();
    const { client, exchange } = this.options;
    // The compatibility object of node:http2 sends them when the last message is out.
    if (this.#trailers !== undefined) exchange.response.addTrailers(this.#trailers);
    client.end();
    // The backend has said all it has to say; what the client still sends is of no use to anybody.
    if (!this.#backend?.writableFinished) this.#backend?.close(constants.NGHTTP2_NO_ERROR);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    const { exchange, answers, lease } = this.options;
    const wasSent = lease.isConnected();
    this.#end();
    this.#backend?.close(constants.NGHTTP2_CANCEL);
    answers.fail(exchange, upstreamFailure(causeOf(error), wasSent));
  }

  #onClientClose = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#backend?.close(constants.NGHTTP2_CANCEL);
  };

  /** The client's own deadline counts here as well: its backend may be the one that forgets it. */
  #watchDeadline(): void {
    const timeout = grpcTimeoutMillis(findHeader(this.options.exchange.rawHeaders, 'grpc-timeout'));
    if (timeout === undefined) return;
    this.#deadline = setTimeout(
      () => this.#fail(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'the deadline of the call has passed')),
      timeout,
    );
  }

  #watchHead(): void {
    const { client, headersTimeoutMillis } = this.options;
    if (this.#isOver || client.headersSent) return;
    this.#headTimer = setTimeout(
      () => this.#fail(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'no answer in time')),
      headersTimeoutMillis,
    );
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#headTimer);
    this.options.client.off('close', this.#onClientClose);
    this.options.lease.release();
  }
}

const endStream = constants.NGHTTP2_FLAG_END_STREAM;

function headersFor(exchange: Exchange, upstream: Upstream, credentials: readonly string[]): OutgoingHttpHeaders {
  return {
    ':method': exchange.method,
    ':scheme': upstream.origin.startsWith('https:') ? 'https' : 'http',
    ':authority': upstream.origin.slice(upstream.origin.indexOf('//') + 2),
    ':path': upstreamPath(exchange, upstream),
    ...objectOf([...requestHeaders(exchange, undefined), ...credentials]),
  };
}

/** Names and values in turn as node:http2 takes them: repeated names as a list. */
function objectOf(lines: readonly string[]): OutgoingHttpHeaders {
  // Without a prototype, in which a header called `constructor` would be found.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < lines.length; i += 2) {
    const name = (lines[i] as string).toLowerCase();
    const value = lines[i + 1] as string;
    const known = headers[name];
    headers[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  return headers;
}

function linesOf(headers: IncomingHttpHeaders): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) lines.push(name, String(one));
  }
  return lines;
}

/** A stream that falls with its connection says only that it was cancelled. */
function causeOf(error: Error): Error {
  const cause = error.cause instanceof Error ? error.cause : error;
  const isReset = 'code' in cause && /^ERR_HTTP2_(?:STREAM|SESSION|GOAWAY)/.test(String(cause.code));
  return isReset ? new UpstreamError('UPSTREAM_CLOSED', cause.message) : cause;
}
