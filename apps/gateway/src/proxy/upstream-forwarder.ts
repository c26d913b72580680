import { type Dispatcher, Pool } from 'undici';
import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import type { Answers } from '../pipeline/answers.js';
import type { Exchange } from '../pipeline/exchange.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { findHeader } from '../pipeline/header-lines.js';
import type { Forwarder } from '../pipeline/ports.js';
import { RequestBody } from './request-body.js';
import { requestHeaders } from './request-headers.js';
import { type CallOwner, UpstreamCall } from './upstream-call.js';

/** The gateway's settings for backends; `config.gateway.proxy` has this shape. Milliseconds. */
export interface ProxySettings {
  readonly connectTimeoutMillis: number;
  readonly headersTimeoutMillis: number;
  readonly bodyTimeoutMillis: number;
  readonly connectionsPerEndpoint: number;
  /** PEM of the CAs that sign backend certificates, instead of the ones Node knows. */
  readonly ca?: string | undefined;
}

/** Forwarder over undici pools, one per backend origin. `close` waits for running calls, `destroy` does not. */
export interface UpstreamForwarder extends Forwarder {
  close(): Promise<void>;
  destroy(): Promise<void>;
}

export function createUpstreamForwarder(settings: ProxySettings): UpstreamForwarder {
  const pools = new Map<string, BackendPool>();
  return {
    forward(exchange, endpoint, answers) {
      // The client may have left while its token was being looked up.
      if (exchange.isAbandoned) return;
      const upstream = nextUpstream(endpoint);
      exchange.upstream = upstream.origin;
      let pool = pools.get(upstream.origin);
      if (pool === undefined) {
        if (pools.size >= maxPools) closeIdle(pools);
        pool = new BackendPool(upstream.origin, settings);
        pools.set(upstream.origin, pool);
      }
      pool.call(exchange, upstream, endpoint, answers);
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
    destroy: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** Backends come and go with the APIs; beyond this many, those without a call are let go. */
const maxPools = 4_096;

function closeIdle(pools: Map<string, BackendPool>): void {
  for (const [origin, pool] of pools) {
    if (!pool.isIdle) continue;
    pools.delete(origin);
    void pool.close();
  }
}

function nextUpstream({ upstreams, turn }: CompiledEndpoint): Upstream {
  const index = turn.next >= upstreams.length ? 0 : turn.next;
  turn.next = index + 1;
  const upstream = upstreams[index];
  if (upstream === undefined) throw new GatewayError('noUsableEndpoint');
  return upstream;
}

/** The connections to one backend, and how many calls it has open or waiting. */
class BackendPool implements CallOwner {
  readonly #pool: Pool;
  readonly #maxCalls: number;
  readonly stallTimeoutMillis: number;
  #calls = 0;

  constructor(
    origin: string,
    private readonly settings: ProxySettings,
  ) {
    // As many may wait as may run: undici's own queue has no bound.
    this.#maxCalls = settings.connectionsPerEndpoint * 2;
    this.stallTimeoutMillis = settings.bodyTimeoutMillis;
    this.#pool = new Pool(origin, {
      connections: settings.connectionsPerEndpoint,
      pipelining: 1,
      connect: { timeout: settings.connectTimeoutMillis, ...(settings.ca !== undefined && { ca: settings.ca }) },
      headersTimeout: settings.headersTimeoutMillis,
      bodyTimeout: settings.bodyTimeoutMillis,
      strictContentLength: true,
    });
  }

  call(exchange: Exchange, upstream: Upstream, endpoint: CompiledEndpoint, answers: Answers): void {
    if (this.#calls >= this.#maxCalls) throw new GatewayError('backendBusy', { headers: ['Retry-After', '1'] });
    const hasBody = isBodyExpected(exchange);
    const contentLength = hasBody ? findHeader(exchange.rawHeaders, 'content-length') : undefined;
    const call = new UpstreamCall(exchange, answers, this, {
      path: pathFor(exchange, upstream),
      method: exchange.method as Dispatcher.HttpMethod,
      headers: requestHeaders(exchange, contentLength),
      body: hasBody ? new RequestBody(exchange.request) : null,
      headersTimeout: endpoint.timeoutMillis ?? this.settings.headersTimeoutMillis,
    });
    this.#calls++;
    call.start();
  }

  get isIdle(): boolean {
    return this.#calls === 0;
  }

  dispatch(options: Dispatcher.DispatchOptions, call: UpstreamCall): void {
    this.#pool.dispatch(options, call);
  }

  ended(): void {
    this.#calls--;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Base path, the suffix as received, then both queries: exactly the bytes that were matched and authorised. */
function pathFor({ route }: Exchange, { basePath, query: fixed }: Upstream): string {
  const path = basePath + route.suffix || '/';
  const { query } = route;
  if (fixed === '') return query === undefined ? path : `${path}?${query}`;
  return query === undefined || query === '' ? `${path}?${fixed}` : `${path}?${fixed}&${query}`;
}

/** Known from the framing alone, never from the method: a GET may carry a body and is then framed anew. */
function isBodyExpected({ request, rawHeaders }: Exchange): boolean {
  if (request.httpVersionMajor > 1) return !request.complete && !isStreamEnded(request);
  const length = findHeader(rawHeaders, 'content-length');
  return (length !== undefined && length !== '0') || findHeader(rawHeaders, 'transfer-encoding') !== undefined;
}

/** HTTP/2 says with the head whether anything follows. */
function isStreamEnded(request: Exchange['request']): boolean {
  return 'stream' in request && (request.stream as { endAfterHeaders?: boolean }).endAfterHeaders === true;
}
