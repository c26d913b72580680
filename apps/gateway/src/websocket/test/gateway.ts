import { createServer, type Server } from 'node:http';
import type { CompiledCatalog } from '../../apis/compiled-catalog.js';
import { gatewaySchema } from '../../config/gateway.config.js';
import { http1Options } from '../../http/http-limits.js';
import type { Exchange } from '../../pipeline/exchange.js';
import type { EventQuota, Forwarder, Ports } from '../../pipeline/ports.js';
import { createRequestHandler } from '../../pipeline/request-handler.js';
import { createReview } from '../../pipeline/review.js';
import { createProtocols } from '../../proxy/protocols.js';
import { listening, verdictFor } from '../../proxy/test/gateway.js';
import type { OpenConnections } from '../open-connections.js';
import { answerUpgrades } from '../upgrade.js';

const noHttp: Forwarder = {
  forward: (exchange) => {
    exchange.response.end('over HTTP');
  },
};

export interface WebSocketGateway {
  readonly port: number;
  readonly ended: Exchange[];
  readonly webSockets: OpenConnections;
  /** Changes what decides from here on. */
  catalog: CompiledCatalog;
  lookup: Ports['tokens']['lookup'];
  stop(): Promise<void>;
}

/** The request path on a real HTTP server, for handshakes. */
export async function startWebSocketGateway(
  catalog: CompiledCatalog,
  given: { readonly settings?: object; readonly events?: EventQuota } = {},
): Promise<WebSocketGateway> {
  const { gateway: config } = gatewaySchema.parse({
    gateway: { webSocket: given.settings ?? {}, proxy: { connectTimeoutMillis: 2_000, headersTimeoutMillis: 2_000 } },
  });
  const ended: Exchange[] = [];
  const protocols = createProtocols({
    config,
    http: noHttp,
    review: (exchange) => review(exchange),
    events: given.events,
  });
  const ports: Ports = {
    catalog: { current: () => gateway.catalog },
    tokens: { lookup: (token) => gateway.lookup(token) },
    forwarder: protocols.forwarder,
    observer: { ended: (exchange) => ended.push(exchange), failed: () => undefined },
    settings: config.limits,
  };
  const review = createReview(ports);
  const handle = createRequestHandler(ports);
  const server: Server = createServer(http1Options(config.limits));
  server.on('request', (request, response) => handle(request, response, 'http'));
  answerUpgrades(server, (request, response, upgrade) => handle(request, response, 'http', false, upgrade));
  const gateway: WebSocketGateway = {
    port: await listening(server),
    ended,
    webSockets: protocols.webSockets,
    catalog,
    lookup: verdictFor,
    stop: async () => {
      protocols.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gateway;
}
