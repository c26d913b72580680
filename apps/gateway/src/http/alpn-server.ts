import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { PemPair } from '@keygate/common/tls';
import type { Upgrade } from '../pipeline/exchange.js';
import { answerUpgrades } from '../websocket/upgrade.js';
import { answerClientErrors } from './client-errors.js';
import { type HttpLimits, http1Options } from './http-limits.js';
import { guardSessions, type Http2Sessions } from './http2-sessions.js';

export type Listener = (
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
  upgrade?: Upgrade,
) => void;

export interface AlpnServer {
  readonly server: HttpsServer;
  readonly sessions: Http2Sessions;
}

export interface AlpnServerOptions {
  readonly pair: PemPair;
  readonly limits: HttpLimits;
  readonly listener: Listener;
  readonly asksForCertificate?: boolean | undefined;
  readonly ticketKeys?: Buffer | undefined;
  readonly speaksHttp2?: boolean;
}

/**
 * HTTP/1.1 and HTTP/2 on one TLS port. The HTTPS server accepts and times out connections; those that chose `h2` by
 * ALPN are handed to an HTTP/2 server that listens nowhere. Unlike `allowHTTP1`, both sides keep all their limits.
 */
export function createAlpnServer(options: AlpnServerOptions): AlpnServer {
  const { pair, limits, listener, asksForCertificate = false, ticketKeys, speaksHttp2 = true } = options;
  const server = createHttpsServer({
    ...http1Options(limits),
    cert: pair.cert,
    key: pair.key,
    minVersion: 'TLSv1.2',
    // Asked for, never required, and judged by whoever it is shown for: the handshake takes any.
    requestCert: asksForCertificate,
    rejectUnauthorized: false,
    ALPNProtocols: speaksHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    handshakeTimeout: limits.headersTimeoutMillis,
    ...(ticketKeys && { ticketKeys }),
  });
  server.maxConnections = limits.maxConnections;
  server.on('request', (request, response) => listener(request, response, false));
  server.on('checkContinue', (request, response) => listener(request, response, true));
  answerUpgrades(server, (request, response, upgrade) => listener(request, response, false, upgrade));
  answerClientErrors(server);
  const http2 = createHttp2Listener(limits, listener);
  const sessions = guardSessions(http2, limits);
  divertHttp2(server, http2);
  return { server, sessions };
}

function createHttp2Listener(limits: HttpLimits, listener: Listener): Http2Server {
  const http2 = createHttp2Server({
    maxSessionInvalidFrames: 100,
    maxSendHeaderBlockLength: 65_536,
    settings: { maxConcurrentStreams: 100, maxHeaderListSize: limits.maxHeaderBytes, enablePush: false },
  });
  // The compatibility objects offer what the handlers use of `node:http`.
  const compatible = (awaitsContinue: boolean) => (request: unknown, response: unknown) =>
    listener(request as IncomingMessage, response as ServerResponse, awaitsContinue);
  http2.on('request', compatible(false));
  http2.on('checkContinue', compatible(true));
  return http2;
}

/** Node's HTTPS server takes every secured connection for HTTP/1.1; it is given those that are. */
function divertHttp2(server: HttpsServer, http2: Http2Server): void {
  const http1 = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2.emit('connection', socket);
    else for (const accept of http1) accept.call(server, socket);
  });
}
