import type { ServerHttp2Stream } from 'node:http2';
import type { LookupFunction } from 'node:net';
import type { CompiledEndpoint, Upstream } from '../../apis/compiled-catalog.js';
import { GatewayError } from '../../pipeline/gateway-errors.js';
import type { Forwarder } from '../../pipeline/ports.js';
import { fixedCredentials } from '../fixed-credentials.js';
import { GrpcCall } from './grpc-call.js';
import { SessionPool } from './session-pool.js';

export interface GrpcForwarderOptions {
  readonly nextUpstream: (endpoint: CompiledEndpoint) => Upstream;
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly connectionsPerEndpoint: number;
  readonly ca?: string | undefined;
  readonly lookup?: LookupFunction | undefined;
}

export interface GrpcForwarder extends Forwarder {
  destroy(): void;
}

/** One connection carries many calls, most of them waiting for the next message. */
const callsPerConnection = 4;
/** Backends come and go with the APIs; beyond this many, those without a call are let go. */
const maxPools = 1_024;

/** Forwards calls over HTTP/2, from head to trailers, as gRPC needs it. */
export function createGrpcForwarder(options: GrpcForwarderOptions): GrpcForwarder {
  const pools = new Map<string, SessionPool>();
  const poolOf = ({ origin }: Upstream, { trustedCertificates }: CompiledEndpoint): SessionPool => {
    const key = trustedCertificates === undefined ? origin : `${origin} ${trustedCertificates.join()}`;
    let pool = pools.get(key);
    if (pool === undefined) {
      if (pools.size >= maxPools) closeIdle(pools);
      pool = new SessionPool(origin, {
        connectTimeoutMillis: options.connectTimeoutMillis,
        maxCalls: options.connectionsPerEndpoint * callsPerConnection,
        ca: trustedCertificates ?? options.ca,
        lookup: options.lookup,
      });
      pools.set(key, pool);
    }
    return pool;
  };
  return {
    forward(exchange, endpoint, answers) {
      if (exchange.isAbandoned) return;
      const client = 'stream' in exchange.response ? (exchange.response.stream as ServerHttp2Stream) : undefined;
      if (client === undefined) throw new GatewayError('http2Required');
      const credentials = fixedCredentials(endpoint);
      const upstream = options.nextUpstream(endpoint);
      if (upstream.protocol !== 'grpc') throw new GatewayError('noUsableEndpoint');
      exchange.upstream = upstream.origin;
      const lease = poolOf(upstream, endpoint).lease();
      const headersTimeoutMillis = endpoint.timeoutMillis ?? options.headersTimeoutMillis;
      new GrpcCall({ exchange, answers, client, lease, credentials, headersTimeoutMillis }).start(upstream);
    },
    destroy: () => {
      for (const pool of pools.values()) pool.destroy();
    },
  };
}

function closeIdle(pools: Map<string, SessionPool>): void {
  for (const [key, pool] of pools) {
    if (!pool.isIdle) continue;
    pools.delete(key);
    pool.destroy();
  }
}
