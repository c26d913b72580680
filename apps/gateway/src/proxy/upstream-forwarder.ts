import type { Forwarder } from '../pipeline/ports.js';

/** The gateway's settings for backends; `config.gateway.proxy` has this shape. Milliseconds. */
export interface ProxySettings {
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly bodyTimeoutMillis: number;
  readonly connectionsPerEndpoint: number;
}

/** Forwarder over undici pools, one per backend origin. `close` waits for running calls, `destroy` does not. */
export interface UpstreamForwarder extends Forwarder {
  close(): Promise<void>;
  destroy(): Promise<void>;
}

export declare function createUpstreamForwarder(settings: ProxySettings): UpstreamForwarder;
