import { GatewayError } from '../pipeline/gateway-errors.js';
import type { EventQuota, Forwarder } from '../pipeline/ports.js';
import { limitEvents } from './event-stream.js';

export interface Forwarders {
  readonly http: Forwarder;
  readonly webSocket: Forwarder;
  readonly grpc: Forwarder;
  readonly events?: EventQuota | undefined;
}

/** Which of them takes a request is said by how it came and by what its endpoint speaks. */
export function forwardByProtocol({ http, webSocket, grpc, events }: Forwarders): Forwarder {
  return {
    forward(exchange, endpoint, answers) {
      if (exchange.upgrade !== undefined) return webSocket.forward(exchange, endpoint, answers);
      switch (endpoint.upstreams[0]?.protocol) {
        case undefined:
          if (events !== undefined && exchange.api.isEventStream) {
            // Bandwidth counts what callers send.
            limitEvents(exchange.response, () => events.countEvent(exchange, 0));
          }
          return http.forward(exchange, endpoint, answers);
        case 'grpc':
          return grpc.forward(exchange, endpoint, answers);
        default:
          throw new GatewayError('noUsableEndpoint');
      }
    },
  };
}
