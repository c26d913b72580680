import type { ServerOptions } from 'node:http';
import { ClientRequest } from '../websocket/client-request.js';

/** What one client may take of the gateway; `gateway.limits` in the configuration. */
export interface HttpLimits {
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMillis: number;
  readonly requestTimeoutMillis: number;
  readonly maxConnections: number;
}

/** Node's defaults leave 30 s between two looks at slow clients. */
export function http1Options(limits: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMillis,
    requestTimeout: limits.requestTimeoutMillis,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMillis),
    keepAliveTimeout: 65_000,
    requireHostHeader: true,
    insecureHTTPParser: false,
    IncomingMessage: ClientRequest,
  };
}
