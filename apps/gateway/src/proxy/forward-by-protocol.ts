import { GatewayError } from '../pipeline/gateway-errors.js';
import type { Forwarder } from '../pipeline/ports.js';

export interface Forwarders {
  readonly http: Forwarder;
  readonly webSocket: Forwarder;
  readonly grpc: Forwarder;
}

/** Which of them takes a request is said by how it came and by what its endpoint speaks. */
export function forwardByProtocol({ http, webSocket, grpc }: Forwarders): Forwarder {
  return {
    forward(exchange, endpoint, answers) {
      if (exchange.upgrade !== undefined) return webSocket.forward(exchange, endpoint, answers);
      switch (endpoint.upstreams[0]?.protocol) {
        case undefined:
          return http.forward(exchange, endpoint, answers);
        case 'grpc':
          return grpc.forward(exchange, endpoint, answers);
        default:
          throw new GatewayError('noUsableEndpoint');
      }
    },
  };
}
