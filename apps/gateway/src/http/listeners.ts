import { createServer, type Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { type ListenSettings, listen } from '@keygate/common/lifecycle';
import type { PemPair } from '@keygate/common/tls';
import { createAlpnServer, type Listener } from './alpn-server.js';
import { answerClientErrors, answerUnderWay } from './client-errors.js';
import { type HttpLimits, http1Options } from './http-limits.js';

export interface ListenersOptions {
  readonly https: ListenSettings;
  readonly http: ListenSettings;
  readonly pair: PemPair;
  /** Clients may show a certificate in the handshake. */
  readonly asksForCertificate?: boolean;
  readonly limits: HttpLimits;
  readonly onHttps: Listener;
  readonly onHttp: Listener;
}

export interface Listeners {
  readonly ports: { readonly https: number; readonly http: number };
  /** Takes no new connection, lets open requests finish, then cuts what is left after `graceMillis`. */
  drain(graceMillis: number): Promise<void>;
}

/** Opens both ports or none. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { server: https, sessions } = createAlpnServer(
    options.pair,
    options.limits,
    draining(options.onHttps),
    options.asksForCertificate,
  );
  const http = createHttpServer(options.limits, draining(options.onHttp));
  const connections = [openConnections(https, 'secureConnection'), openConnections(http, 'connection')];
  let isDraining = false;
  const httpsPort = await listen(https, options.https);
  const httpPort = await listen(http, options.http).catch((error: unknown) => {
    https.close();
    throw error;
  });
  return {
    ports: { https: httpsPort, http: httpPort },
    drain: async (graceMillis) => {
      isDraining = true;
      sessions.drain();
      for (const sockets of connections) for (const socket of sockets) lastAnswer(socket);
      const deadline = setTimeout(() => {
        sessions.destroy();
        https.closeAllConnections();
        http.closeAllConnections();
      }, graceMillis);
      await Promise.all([closed(https), closed(http)]);
      clearTimeout(deadline);
    },
  };

  /** A client that keeps its connection would send its next request into a closed door. */
  function draining(listener: Listener): Listener {
    return (request, response, awaitsContinue) => {
      if (isDraining && request.httpVersionMajor < 2) response.shouldKeepAlive = false;
      listener(request, response, awaitsContinue);
    };
  }
}

function createHttpServer(limits: HttpLimits, listener: Listener): Server {
  const server = createServer(http1Options(limits));
  server.maxConnections = limits.maxConnections;
  server.on('request', (request, response) => listener(request, response, false));
  server.on('checkContinue', (request, response) => listener(request, response, true));
  answerClientErrors(server);
  return server;
}

function openConnections(server: Server, event: 'connection' | 'secureConnection'): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on(event, (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** The answer under way on a connection, if its head is still to be written, tells the client that it is the last. */
function lastAnswer(socket: Socket): void {
  const answer = answerUnderWay(socket);
  if (answer?.headersSent === false) answer.shouldKeepAlive = false;
}

/** How long a connection without a request stays open once no new one is taken. */
const lingerMillis = 500;

/**
 * Resolves when the last connection is gone. Idle ones linger: a request that is on its way when its connection closes
 * is lost to the client, while one that still arrives gets an answer that says it is the last.
 */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    let sweep: NodeJS.Timeout | undefined;
    const linger = setTimeout(() => {
      sweep = setInterval(() => server.closeIdleConnections(), 50);
      server.closeIdleConnections();
    }, lingerMillis);
    // `close` of node:http would close idle connections at once.
    NetServer.prototype.close.call(server, () => {
      clearTimeout(linger);
      clearInterval(sweep);
      server.close();
      resolve();
    });
  });
}
