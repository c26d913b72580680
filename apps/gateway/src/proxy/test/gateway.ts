import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { CompiledCatalog } from '../../apis/compiled-catalog.js';
import type { Exchange } from '../../pipeline/exchange.js';
import type { Ports, TokenVerdict } from '../../pipeline/ports.js';
import { createRequestHandler } from '../../pipeline/request-handler.js';
import { someFacts } from '../../pipeline/test/exchange.js';
import { createUpstreamForwarder, type ProxySettings, type UpstreamForwarder } from '../upstream-forwarder.js';

/** What one access token of the tests stands for: its own text says it. */
export function verdictFor(accessToken: string): TokenVerdict | Promise<TokenVerdict> {
  if (accessToken.startsWith('later-')) return Promise.resolve(verdictFor(accessToken.slice(6)));
  if (accessToken === 'expired') return { state: 'expired' };
  if (accessToken === 'undecidable') return { state: 'undecidable', retryAfterSeconds: 3 };
  if (accessToken === 'unreachable') return Promise.reject(new Error('key manager away'));
  if (accessToken.startsWith('scopes-')) {
    return { state: 'active', facts: someFacts({ scopes: accessToken.slice(7).split('+') }) };
  }
  if (accessToken === 'sandbox')
    return { state: 'active', facts: someFacts({ clientId: 'key-2', keyType: 'SANDBOX' }) };
  if (accessToken === 'application') {
    return { state: 'active', facts: someFacts({ kind: 'APPLICATION', user: '', scopes: ['am_application_scope'] }) };
  }
  return accessToken === 'good' ? { state: 'active', facts: someFacts() } : { state: 'invalid' };
}

export const quickTimeouts: ProxySettings = {
  connectTimeoutMillis: 2_000,
  headersTimeoutMillis: 2_000,
  bodyTimeoutMillis: 2_000,
  connectionsPerEndpoint: 4,
};

export interface TestGateway {
  readonly port: number;
  readonly ended: Exchange[];
  readonly failures: unknown[];
  readonly forwarder: UpstreamForwarder;
  /** Tells the forwarder of the catalogue, as the catalogue stream does. */
  follow(): void;
  stop(): Promise<void>;
}

/** The request path on a real HTTP server, with literal tokens and the catalogue given. */
export async function startTestGateway(
  catalog: CompiledCatalog,
  given: { readonly proxy?: ProxySettings; readonly server?: () => Server; readonly ports?: Partial<Ports> } = {},
): Promise<TestGateway> {
  const forwarder = createUpstreamForwarder(given.proxy ?? quickTimeouts);
  const ended: Exchange[] = [];
  const failures: unknown[] = [];
  const handle = createRequestHandler({
    catalog: { current: () => catalog },
    tokens: { lookup: verdictFor },
    forwarder,
    observer: { ended: (exchange) => ended.push(exchange), failed: (_, cause) => failures.push(cause) },
    settings: { maxUrlBytes: 8192 },
    ...given.ports,
  });
  const server = given.server?.() ?? createServer();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => handle(request, response, 'http'));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    handle(request, response, 'http', true),
  );
  const port = await listening(server);
  return {
    port,
    ended,
    failures,
    forwarder,
    follow: () => forwarder.follow(catalog),
    stop: async () => {
      server.closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
      await forwarder.destroy();
    },
  };
}

export async function listening(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/**
 * Sends bytes as they are and gives back all that comes until the connection is closed by the other side. With
 * `isLast` the other side learns that nothing follows.
 */
export function exchangeBytes(port: number, bytes: string, isLast = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      if (isLast) socket.end(bytes, 'latin1');
      else socket.write(bytes, 'latin1');
    });
    socket.on('end', () => socket.end());
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}

/** A request head as text; `Connection: close` is added so that the answer ends. */
export function head(line: string, headers: readonly string[] = []): string {
  return [`${line} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...headers, '', ''].join('\r\n');
}

export interface Answer {
  readonly status: number;
  /** Lower-case names; repeated ones joined with ` | `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]} | ${value}`;
  }
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: text.slice(end + 4) };
}

export async function call(port: number, line: string, headers: readonly string[] = [], body = ''): Promise<Answer> {
  return parseAnswer(await exchangeBytes(port, head(line, headers) + body));
}
