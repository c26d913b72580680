import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Time limits that a slow or silent client cannot stretch. Node's own default for a whole request is five minutes. */
const limits = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};
const maxConnections = 10_000;

/** The HTTPS listener, which can listen before anything answers behind it: until then it says 503. */
export class HttpsServer {
  readonly server: Server;
  #handler: RequestListener = (_request, response) => {
    const headers = { 'content-type': 'application/json', 'retry-after': '1', 'cache-control': 'no-store' };
    response.writeHead(503, headers).end('{"error":"temporarily_unavailable","error_description":"Starting."}');
  };
  #draining = false;

  constructor(pair: { readonly cert: string; readonly key: string }, asksForCertificate = false) {
    // Asked for, never required, and judged by whoever it is shown for: the handshake takes any.
    const clients = { requestCert: asksForCertificate, rejectUnauthorized: false };
    this.server = createServer({ ...limits, ...pair, ...clients, minVersion: 'TLSv1.2' }, (request, response) => {
      // Tells clients that keep connections open to come back over a new one, to another process.
      if (this.#draining) response.setHeader('connection', 'close');
      this.#handler(request, response);
    });
    harden(this.server);
  }

  handle(handler: RequestListener): void {
    this.#handler = handler;
  }

  /** Answers from now on close their connections; new connections are still taken until `finish`. */
  drain(): void {
    this.#draining = true;
  }

  /** Takes no new connection, waits for open requests until `deadlineMillis`, then cuts what is left. */
  async finish(deadlineMillis: number): Promise<void> {
    this.drain();
    await finishServer(this.server, deadlineMillis);
  }
}

/** Sends every request to the same address over HTTPS. 308 keeps the method, so that a POST stays one. */
export function createRedirectServer(origin: () => string): Server {
  const server = createHttpServer(limits, (request, response) => {
    // A target in absolute form would send the client wherever the request says.
    const target = request.url?.startsWith('/') ? request.url : '/';
    response.writeHead(308, { location: origin() + target, 'content-length': '0', connection: 'close' }).end();
  });
  harden(server);
  return server;
}

export async function finishServer(server: Server, deadlineMillis: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its answer is out; Node closes only those that are idle right now.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMillis);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}

function harden(server: Server): void {
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, description] = refusals[error.code ?? ''] ?? ['400 Bad Request', 'The request is malformed.'];
    const body = JSON.stringify({ error: 'invalid_request', error_description: description });
    socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    // A client that does not read must not hold the socket either.
    (socket as Socket).setTimeout?.(1_000, () => socket.destroy());
  });
}

const refusals: Readonly<Record<string, readonly [status: string, description: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The header is too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long.'],
};
