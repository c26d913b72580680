import { createServer, type Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { type ListenSettings, listen } from '@keygate/common/lifecycle';
import type { PemPair } from '@keygate/common/tls';
import { answerUpgrades } from '../websocket/upgrade.js';
import { createAlpnServer, type Listener } from './alpn-server.js';
import { answerClientErrors, answerUnderWay } from './client-errors.js';
import { type HttpLimits, http1Options } from './http-limits.js';

export interface ListenersOptions {
  readonly https: ListenSettings;
  readonly http: ListenSettings;
  readonly wss: ListenSettings;
  readonly ws: ListenSettings;
  readonly pair: PemPair;
  /** Clients may show a certificate in the handshake. */
  readonly asksForCertificate?: boolean;
  /** What TLS sessions are resumed with: workers need the same ones. Made up when left out. */
  readonly ticketKeys?: Buffer | undefined;
  readonly limits: HttpLimits;
  readonly onHttps: Listener;
  readonly onHttp: Listener;
  readonly onWss: Listener;
  readonly onWs: Listener;
  /** Resolves when the door is shut that workers share: a client told to come back earlier would come too early. */
  readonly isShut?: (() => Promise<void>) | undefined;
  /** Ends what no request ends: WebSocket connections. */
  readonly onDrain: () => void;
}

export interface Listeners {
  readonly ports: { readonly https: number; readonly http: number; readonly wss: number; readonly ws: number };
  /** Takes no new connection, lets open requests finish, then cuts what is left after `graceMillis`. */
  drain(graceMillis: number): Promise<void>;
}

/** Opens all ports or none. */
export async function openListeners(options: ListenersOptions): Promise<Listeners> {
  const { pair, limits, asksForCertificate, ticketKeys } = options;
  let isDraining = false;
  const https = createAlpnServer({ pair, limits, listener: draining(options.onHttps), asksForCertificate, ticketKeys });
  // A client that speaks HTTP/2 cannot open a WebSocket connection here (RFC 8441 is not offered).
  const wss = createAlpnServer({
    pair,
    limits,
    listener: draining(options.onWss),
    asksForCertificate,
    ticketKeys,
    speaksHttp2: false,
  });
  const servers = {
    https: https.server,
    http: createHttpServer(limits, draining(options.onHttp)),
    wss: wss.server,
    ws: createHttpServer(limits, draining(options.onWs)),
  };
  const connections = Object.entries(servers).map(([name, server]) =>
    openConnections(server, name === 'https' || name === 'wss' ? 'secureConnection' : 'connection'),
  );
  const ports = await listenAll(servers, options);
  return {
    ports,
    drain: async (graceMillis) => {
      const allClosed = Promise.all(Object.values(servers).map(closed));
      if (options.isShut) await options.isShut();
      isDraining = true;
      https.sessions.drain();
      options.onDrain();
      for (const sockets of connections) for (const socket of sockets) lastAnswer(socket);
      const deadline = setTimeout(() => {
        https.sessions.destroy();
        for (const sockets of connections) for (const socket of sockets) socket.destroy();
      }, graceMillis);
      await allClosed;
      clearTimeout(deadline);
    },
  };

  /** A client that keeps its connection would send its next request into a closed door. */
  function draining(listener: Listener): Listener {
    return (request, response, awaitsContinue, upgrade) => {
      if (isDraining && request.httpVersionMajor < 2) response.shouldKeepAlive = false;
      listener(request, response, awaitsContinue, upgrade);
    };
  }
}

type Servers = Readonly<Record<keyof Listeners['ports'], Server>>;

async function listenAll(servers: Servers, options: ListenersOptions): Promise<Listeners['ports']> {
  const ports = { https: 0, http: 0, wss: 0, ws: 0 };
  try {
    for (const name of Object.keys(ports) as (keyof Servers)[])
      ports[name] = await listen(servers[name], options[name]);
  } catch (error) {
    for (const server of Object.values(servers)) server.close();
    throw error;
  }
  return ports;
}

function createHttpServer(limits: HttpLimits, listener: Listener): Server {
  const server = createServer(http1Options(limits));
  server.maxConnections = limits.maxConnections;
  server.on('request', (request, response) => listener(request, response, false));
  server.on('checkContinue', (request, response) => listener(request, response, true));
  answerUpgrades(server, (request, response, upgrade) => listener(request, response, false, upgrade));
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
