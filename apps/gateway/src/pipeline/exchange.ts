import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type {
  CompiledApi,
  CompiledApplication,
  CompiledCatalog,
  CompiledResource,
  CompiledSubscription,
  KeyType,
} from '../apis/compiled-catalog.js';
import type { ClientCertificate } from '../apis/compiled-security.js';
import { correlationIdOf } from './correlation-id.js';
import type { FaultName } from './gateway-errors.js';
import type { Outgoing } from './mediation/header-edits.js';
import type { KeepsAs } from './mediation/response-cache.js';
import type { RateLimit, TokenFacts } from './ports.js';

export type Scheme = 'http' | 'https';

/** The connection of a client that asks to speak WebSocket on it. */
export interface Upgrade {
  readonly socket: Socket;
  /** What came right behind the head of the request. */
  readonly head: Buffer;
  /** Access token from the query; it is no part of `target` any more. */
  readonly queryToken: string | undefined;
}

/** An answer the gateway gives itself that is no fault: a CORS preflight. */
export interface OwnAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Of an answer that a backend gave before. */
  readonly body?: Buffer | undefined;
}

/** Where a request went: its API and the parts of its target, as the route stage found them. */
export interface Route {
  readonly api: CompiledApi;
  /** Undefined only for an OPTIONS request the API does not declare, which CORS answers. */
  readonly resource: CompiledResource | undefined;
  /** Of a WebSocket API: what sending messages needs; undefined: nobody may. */
  readonly publish?: CompiledResource | undefined;
  /** Verbs of all resources that match the path, for Allow and for CORS. */
  readonly verbs: readonly string[];
  /** The target behind the context, byte for byte as received, without the query: `/pets/1`. */
  readonly suffix: string;
  /** The query byte for byte, without `?`; undefined when there was no `?`. */
  readonly query: string | undefined;
}

/**
 * One request and what is known about it so far. Facts are added by the stages in order; reading one before its
 * stage has run is a bug and throws.
 */
export class Exchange {
  readonly method: string;
  /** The request target byte for byte as received. */
  readonly target: string;
  /** Names and values in turn, byte for byte; HTTP/2 pseudo headers included. */
  readonly rawHeaders: readonly string[];
  /** Who is connected; empty on a Unix socket. */
  readonly peerAddress: string;
  /** Who calls, which a trusted proxy may say; otherwise who is connected. */
  clientAddress: string;
  /** The tightest limit the call is under; undefined when there is none. */
  rateLimit: RateLimit | undefined;
  /** Milliseconds of `performance.now()`. */
  readonly startedAt = performance.now();
  /** Why it failed; undefined for requests a backend answered. */
  fault: FaultName | undefined;
  /** Status of the answer; 0 until there is one, 499 when the client left before. */
  status = 0;
  /** False when the answer was cut off, by the client, by the backend or by a fault half-way. */
  isComplete = false;
  /** Address of the backend that was tried, for the log. */
  upstream: string | undefined;
  ownAnswer: OwnAnswer | undefined;
  /** The body, when a stage had to read it: it is what goes to the backend, and may be sent again. */
  body: Buffer | undefined;
  /** What the request gets on top of the client's headers; undefined for nearly all. */
  outgoing: Outgoing | undefined;
  /** Undefined where the API's answers are not kept. */
  cacheStatus: 'hit' | 'miss' | undefined;
  /** Where the backend's answer is to be kept, if it may be. */
  keepsAs: KeepsAs | undefined;
  /** What the backend answered with, before policies and CORS; only where the answer is to be kept. */
  backendHeaders: readonly string[] | undefined;
  /** Told when the client is gone; one field costs less than a listener for each call. */
  call: { clientGone(): void } | undefined;
  /** What was uploaded to the API and counts for this call (mutual TLS). */
  clientCertificate: ClientCertificate | undefined;
  #correlationId: string | undefined;
  #catalog: CompiledCatalog | undefined;
  #route: Route | undefined;
  #token: TokenFacts | undefined;
  #application: CompiledApplication | undefined;
  #subscription: CompiledSubscription | undefined;
  #keyType: KeyType | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly scheme: Scheme,
    /** The client waits for 100 Continue before it sends its body. */
    public awaitsContinue = false,
    /** Set for a WebSocket handshake. */
    readonly upgrade?: Upgrade | undefined,
  ) {
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.peerAddress = plainAddress(request.socket.remoteAddress ?? '');
    this.clientAddress = this.peerAddress;
  }

  /** The client's `activityid`, `x-correlation-id` or trace id when well-formed, else a new UUID. */
  get correlationId(): string {
    this.#correlationId ??= correlationIdOf(this.rawHeaders);
    return this.#correlationId;
  }

  /** The path without the query, for logs: a query may hold credentials. */
  get path(): string {
    const end = this.target.indexOf('?');
    return end < 0 ? this.target : this.target.slice(0, end);
  }

  /** True once the route stage knows where the request goes. */
  get isRouted(): boolean {
    return this.#route !== undefined;
  }

  /** True when there is nobody left to answer. */
  get isAbandoned(): boolean {
    return this.response.destroyed || (http2Stream(this.response)?.destroyed ?? false);
  }

  /** Ends the answer so that the client sees that it is not whole. */
  cutOff(): void {
    const stream = http2Stream(this.response);
    if (stream === undefined) this.#cutConnection();
    // Closing it would end the body properly first; an error makes it RST_STREAM with INTERNAL_ERROR.
    else stream.destroy(new Error('the answer was cut off'));
  }

  /** In HTTP/1.0 the end of the connection is the end of the answer, so it has to be one that cannot be taken for it. */
  #cutConnection(): void {
    const { socket } = this.response;
    // Over TLS a client sees that nobody said good-bye.
    if (this.request.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
    else this.response.destroy();
  }

  get catalog(): CompiledCatalog {
    return this.#catalog ?? tooEarly('route');
  }

  get route(): Route {
    return this.#route ?? tooEarly('route');
  }

  get api(): CompiledApi {
    return this.route.api;
  }

  get resource(): CompiledResource {
    return this.route.resource ?? tooEarly('cors');
  }

  /** What was shown stands for this; undefined on a resource that needs nothing. */
  get token(): TokenFacts | undefined {
    return this.#token;
  }

  /** Undefined on a resource that needs no token, and for clients that belong to no application. */
  get application(): CompiledApplication | undefined {
    return this.#application;
  }

  /** Undefined where none is needed. */
  get subscription(): CompiledSubscription | undefined {
    return this.#subscription;
  }

  /** Which endpoint the caller's key is for; undefined on a resource that needs no token. */
  get keyType(): KeyType | undefined {
    return this.#keyType;
  }

  routed(catalog: CompiledCatalog, route: Route): void {
    this.#catalog = catalog;
    this.#route = route;
  }

  /** Forgets a credential that came in the query, so that nothing behind here passes it on. */
  withQuery(query: string | undefined): void {
    this.#route = { ...this.route, query };
  }

  /** `keyType` is told for those whose credentials have none. */
  authenticated(token: TokenFacts, keyType = token.keyType): void {
    this.#token = token;
    this.#keyType = keyType;
  }

  subscribed(keyType: KeyType, application: CompiledApplication, subscription: CompiledSubscription | undefined): void {
    this.#keyType = keyType;
    this.#application = application;
    this.#subscription = subscription;
  }

  /** Ends the request with an answer of the gateway's own; no later stage runs. */
  answer(answer: OwnAnswer): void {
    this.ownAnswer = answer;
  }
}

function tooEarly(stage: string): never {
  throw new Error(`${stage} has not run`);
}

/** A dual-stack listener sees IPv4 clients as `::ffff:192.0.2.1`. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** The compatibility objects of node:http2 have no `destroyed` of their own. */
function http2Stream(response: ServerResponse): ServerHttp2Stream | undefined {
  return 'stream' in response ? (response.stream as ServerHttp2Stream) : undefined;
}
