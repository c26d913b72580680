import type { LookupFunction } from 'node:net';
import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { EventQuota, Forwarder } from '../pipeline/ports.js';
import { OpenConnections, type Review } from '../websocket/open-connections.js';
import { createWebSocketForwarder } from '../websocket/websocket-forwarder.js';
import { forwardByProtocol } from './forward-by-protocol.js';
import { createGrpcForwarder } from './grpc/grpc-forwarder.js';
import { createTurns } from './turns.js';

export interface ProtocolsOptions {
  readonly config: Pick<GatewayConfig['gateway'], 'proxy' | 'webSocket'>;
  /** Forwards what is neither WebSocket nor gRPC. */
  readonly http: Forwarder;
  readonly review: Review;
  readonly events?: EventQuota | undefined;
  /** The address whose turn it is; absent: in turns. */
  readonly nextUpstream?: (endpoint: CompiledEndpoint) => Upstream;
  /** How the names of backends become addresses. */
  readonly lookup?: LookupFunction | undefined;
}

export interface Protocols {
  readonly forwarder: Forwarder;
  readonly webSockets: OpenConnections;
  destroy(): void;
}

/** All that a gateway speaks to backends. */
export function createProtocols({
  config,
  http,
  review,
  events,
  lookup,
  nextUpstream = createTurns(),
}: ProtocolsOptions): Protocols {
  const webSockets = new OpenConnections(config.webSocket.maxConnections, review);
  const shared = { ...config.proxy, nextUpstream, lookup };
  const webSocket = createWebSocketForwarder({
    ...shared,
    settings: config.webSocket,
    connections: webSockets,
    events,
  });
  const grpc = createGrpcForwarder(shared);
  return {
    forwarder: forwardByProtocol({ http, webSocket, grpc, events }),
    webSockets,
    destroy: () => {
      webSockets.drain();
      grpc.destroy();
    },
  };
}
