import type { IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import type { Answers } from '../pipeline/answers.js';
import type { Exchange, Upgrade } from '../pipeline/exchange.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import type { EventQuota, Forwarder } from '../pipeline/ports.js';
import { isPermitted } from '../pipeline/stages/authorize.stage.js';
import { fixedCredentials } from '../proxy/fixed-credentials.js';
import { requestHeaders } from '../proxy/request-headers.js';
import { responseHeaders } from '../proxy/response-headers.js';
import { upstreamFailure } from '../proxy/upstream-failure.js';
import { upstreamPath } from '../proxy/upstream-path.js';
import { askBackend } from './backend-handshake.js';
import { type Agreement, checkHandshake, checkOrigin, compressionOffers } from './handshake.js';
import type { OpenConnections } from './open-connections.js';
import { Relay } from './relay.js';

export interface WebSocketSettings {
  readonly allowedOrigins: readonly string[];
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly idleTimeoutMillis: number;
}

export interface WebSocketForwarderOptions {
  readonly settings: WebSocketSettings;
  readonly connections: OpenConnections;
  readonly nextUpstream: (endpoint: CompiledEndpoint) => Upstream;
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly ca?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly events?: EventQuota | undefined;
}

/** Takes handshakes that were let in to their backend, and joins the two connections. */
export function createWebSocketForwarder(options: WebSocketForwarderOptions): Forwarder {
  const allowedOrigins = new Set(options.settings.allowedOrigins.map((origin) => origin.toLowerCase()));
  return {
    forward(exchange, endpoint, answers) {
      if (exchange.isAbandoned || exchange.upgrade === undefined) return;
      checkHandshake(exchange);
      checkOrigin(exchange, allowedOrigins);
      const credentials = fixedCredentials(endpoint);
      const upstream = options.nextUpstream(endpoint);
      if (upstream.protocol === 'grpc') throw new GatewayError('noUsableEndpoint');
      exchange.upstream = upstream.origin;
      options.connections.reserve();
      const opening = new Opening(exchange, exchange.upgrade, answers, options);
      try {
        opening.start(upstream, endpoint, credentials);
      } catch (error) {
        // Nothing has been asked: its place is for others.
        options.connections.giveUp();
        throw error;
      }
    },
  };
}

/** One handshake between the client's and the backend's. */
class Opening {
  #isOver = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly upgrade: Upgrade,
    private readonly answers: Answers,
    private readonly options: WebSocketForwarderOptions,
  ) {}

  start(upstream: Upstream, endpoint: CompiledEndpoint, credentials: readonly string[]): void {
    const { exchange, options } = this;
    const giveUp = askBackend(
      {
        upstream,
        path: upstreamPath(exchange, upstream),
        headers: [...handshakeHeaders(exchange), ...credentials],
        connectTimeoutMillis: endpoint.protection?.connectTimeoutMillis ?? options.connectTimeoutMillis,
        headersTimeoutMillis: endpoint.timeoutMillis ?? options.headersTimeoutMillis,
        ca: endpoint.trustedCertificates ?? options.ca,
        lookup: options.lookup,
      },
      {
        accepted: (socket, head, headers, agreed) => this.#try(() => this.#join(socket, head, headers, agreed)),
        refused: (answer) => this.#try(() => this.#passOn(answer)),
        failed: (error, wasSent) => {
          if (this.#end()) this.answers.fail(exchange, upstreamFailure(error, wasSent));
        },
      },
    );
    exchange.response.once('close', () => {
      if (this.#end()) giveUp();
    });
  }

  /** For what Node would not send of the backend's answer. */
  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#end();
      this.answers.fail(this.exchange, error);
    }
  }

  /** True the first time. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.options.connections.giveUp();
    return true;
  }

  #join(socket: Socket, head: Buffer, raw: readonly string[], agreed: Agreement): void {
    if (this.#isOver) return void socket.destroy();
    this.#isOver = true;
    const { exchange, upgrade, options } = this;
    const { connections, settings, events } = options;
    const { response } = exchange;
    const headers = responseHeaders(raw, 101);
    this.answers.answering(exchange, headers);
    response.writeHead(101, [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket']);
    response.end();
    response.detachSocket(upgrade.socket);
    socket.setNoDelay(true);
    upgrade.socket.setNoDelay(true);
    upgrade.socket.setTimeout(0);
    const rules = {
      ...settings,
      ...agreed,
      mayPublish: exchange.route.publish !== undefined && isPermitted(exchange.route.publish, exchange.token),
      countMessage: (bytes: number) => events === undefined || events.countEvent(exchange, bytes),
    };
    let forget = () => undefined as unknown;
    const relay = new Relay(upgrade.socket, socket, rules, () => {
      forget();
      // The request ends with its connection: one line in the log, with how long it was open.
      response.emit('close');
    });
    forget = connections.add(exchange, relay);
    relay.start(upgrade.head, head);
  }

  /** The backend's own refusal, or its login page: an ordinary answer. */
  #passOn(answer: IncomingMessage): void {
    const { exchange, answers } = this;
    const { response } = exchange;
    const status = answer.statusCode ?? 502;
    const headers = responseHeaders(answer.rawHeaders, status);
    answers.answering(exchange, headers);
    response.writeHead(status, headers);
    answer.on('error', () => exchange.cutOff());
    answer.on('end', () => this.#end());
    answer.pipe(response);
  }
}

/** Key, version and subprotocols are between the client and the backend; of extensions, what can be looked through. */
function handshakeHeaders(exchange: Exchange): string[] {
  const headers = requestHeaders(exchange, undefined);
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i]?.toLowerCase() === 'sec-websocket-extensions') headers.splice(i, 2);
  }
  const offers = compressionOffers(exchange.rawHeaders);
  if (offers !== undefined) headers.push('sec-websocket-extensions', offers);
  return headers;
}
