import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type ConnectionOwner, Http1Connection, type Waiting } from './connection.js';
import { Deadlines } from './deadlines.js';
import { UpstreamError } from './upstream-error.js';
import type { UpstreamHandler, UpstreamRequest } from './upstream-request.js';

export interface Http1PoolSettings {
  /** Most connections; further requests wait. */
  readonly connections: number;
  readonly connectTimeoutMillis: number;
  /** Longest pause inside an answer. */
  readonly bodyTimeoutMillis: number;
  /** PEM of the CAs that sign the backend's certificate, instead of the ones Node knows. */
  readonly ca?: string | readonly string[] | undefined;
  /** How names become addresses. */
  readonly lookup?: LookupFunction | undefined;
}

const deadlines = new Deadlines();

/**
 * The connections to one backend: kept alive, the one used last first, each with one request at a time. How many may
 * wait is bounded by the caller.
 */
export class Http1Pool implements ConnectionOwner {
  readonly host: string;
  readonly deadlines = deadlines;
  readonly bodyTimeoutMillis: number;
  readonly #url: URL;
  readonly #idle: Http1Connection[] = [];
  readonly #open = new Set<Http1Connection>();
  readonly #waiting: Waiting[] = [];
  #isClosing = false;
  #whenClosed: (() => void) | undefined;
  #session: Buffer | undefined;

  /** `origin` is `http://host:port` or `https://host:port`. */
  constructor(
    origin: string,
    private readonly settings: Http1PoolSettings,
  ) {
    this.#url = new URL(origin);
    this.host = this.#url.host;
    this.bodyTimeoutMillis = settings.bodyTimeoutMillis;
  }

  dispatch(request: UpstreamRequest, handler: UpstreamHandler): void {
    const idle = this.#takeIdle();
    if (idle !== undefined) idle.send(request, handler);
    else if (this.#open.size < this.settings.connections) this.#connect({ request, handler });
    else this.#waiting.push({ request, handler });
  }

  /** Resolves when the requests under way have ended. */
  close(): Promise<void> {
    this.#isClosing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
    });
  }

  async destroy(): Promise<void> {
    this.#isClosing = true;
    const gone = new UpstreamError('UPSTREAM_CLOSED', 'the gateway stops');
    for (const { handler } of this.#waiting.splice(0)) handler.onError(gone);
    for (const connection of [...this.#open]) connection.destroy(gone);
  }

  released(connection: Http1Connection): void {
    const next = this.#waiting.shift();
    if (next !== undefined) connection.send(next.request, next.handler);
    else if (this.#isClosing) connection.destroy();
    else this.#idle.push(connection);
  }

  closed(connection: Http1Connection): void {
    this.#open.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#connect(next);
    if (this.#isClosing && this.#open.size === 0) this.#whenClosed?.();
  }

  #takeIdle(): Http1Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.isIdle) return idle;
    return undefined;
  }

  /** The request goes out on the new connection, or fails with it. */
  #connect(first: Waiting): void {
    const isTls = this.#url.protocol === 'https:';
    const socket = isTls ? this.#connectTls(read) : this.#connectPlain(read);
    const connection = new Http1Connection(socket, this, !isTls, this.settings.connectTimeoutMillis, first);
    this.#open.add(connection);
    socket.once(isTls ? 'secureConnect' : 'connect', () => connection.connected());

    function read(buffer: Buffer, length: number): void {
      connection.read(buffer, length);
    }
  }

  #connectPlain(read: (buffer: Buffer, length: number) => void): Socket {
    return connectPlain({
      ...this.#address(),
      // One piece of memory for all connections: what is in it is used up before the next read.
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          read(buffer as Buffer, length);
          return true;
        },
      },
    });
  }

  #connectTls(read: (buffer: Buffer, length: number) => void): TLSSocket {
    const { ca } = this.settings;
    const { host } = this.#address();
    const socket = connectTls({
      ...this.#address(),
      ...(isAddress(host) ? {} : { servername: host }),
      // One that is named need not chain to a root: it is what was uploaded for the backend.
      ...(ca !== undefined && { ca: ca as string | string[], allowPartialTrustChain: true }),
      ALPNProtocols: ['http/1.1'],
      ...(this.#session && { session: this.#session }),
    });
    socket.on('data', (chunk: Buffer) => read(chunk, chunk.length));
    socket.on('session', (session) => {
      this.#session = session;
    });
    return socket;
  }

  #address() {
    const { hostname, port, protocol } = this.#url;
    return {
      host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
      port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      ...(this.settings.lookup && { lookup: this.settings.lookup }),
    };
  }
}

const readBuffer = Buffer.allocUnsafeSlow(65_536);

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(':');
}
