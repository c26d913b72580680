import { createHash } from 'node:crypto';
import { type AddressGuard, AddressRefused } from '@keygate/common/documents';
import type { CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { Bulkhead } from './bulkhead.js';
import { Http1Pool } from './http1/pool.js';
import { type Probed, probe } from './probe.js';
import type { ProxySettings } from './proxy-settings.js';
import { trustedBy } from './trusted-by.js';
import type { UpstreamCall } from './upstream-call.js';

/** The connections to one backend. As many calls may wait for one as there may be; each waits for a bounded time. */
export class BackendPool {
  readonly #pool: Http1Pool;
  readonly #calls: Bulkhead<UpstreamCall>;

  constructor(origin: string, settings: ProxySettings, trusted: readonly string[] | undefined, guard: AddressGuard) {
    checkHost(guard, origin);
    const { connectionsPerEndpoint, connectTimeoutMillis, bodyTimeoutMillis, ca } = settings;
    this.#pool = new Http1Pool(origin, {
      connections: connectionsPerEndpoint,
      connectTimeoutMillis,
      bodyTimeoutMillis,
      ca: trustedBy(ca, trusted),
      lookup: guard.lookup,
    });
    this.#calls = new Bulkhead(
      { running: connectionsPerEndpoint, waiting: connectionsPerEndpoint, waitMillis: connectTimeoutMillis },
      (call) => this.#pool.dispatch(call.options, call),
      (call) => call.fail(busy()),
    );
  }

  /** False when neither a connection nor a place in the queue is left. */
  enter(call: UpstreamCall): boolean {
    return this.#calls.enter(call);
  }

  isWaiting(call: UpstreamCall): boolean {
    return this.#calls.isWaiting(call);
  }

  leave(call: UpstreamCall): void {
    this.#calls.leave(call);
  }

  /** One request of the gateway's own, on top of what calls may use. Rejects when there is no answer. */
  probe(method: 'GET' | 'HEAD', path: string, headersTimeout: number): Promise<Probed> {
    const headers = ['user-agent', 'keygate'];
    return probe((request, handler) => this.#pool.dispatch(request, handler), {
      ...{ method, path, headers, headersTimeout },
      body: null,
    });
  }

  get running(): number {
    return this.#calls.running;
  }

  get waiting(): number {
    return this.#calls.waiting;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

/** Throws `GatewayError` for an IP address that may not be called; names are judged when they are looked up. */
export function checkHost(guard: AddressGuard, origin: string): void {
  try {
    guard.checkHost(new URL(origin).hostname);
  } catch (cause) {
    if (cause instanceof AddressRefused) throw new GatewayError('addressRefused', { cause });
    throw cause;
  }
}

export function busy(): GatewayError {
  return new GatewayError('backendBusy', { headers: ['Retry-After', '1'] });
}

/** One pool for each backend origin; calls that trust others or wait for other times have a pool of their own. */
export class BackendPools {
  readonly #pools = new Map<string, BackendPool>();

  constructor(
    private readonly settings: ProxySettings,
    private readonly guard: AddressGuard,
  ) {}

  get all(): Iterable<BackendPool> {
    return this.#pools.values();
  }

  /** `group` is what `poolGroup` made of the endpoint. Throws `GatewayError` for an address that may not be called. */
  find({ origin }: Upstream, group: string, endpoint: CompiledEndpoint): BackendPool {
    const key = group === '' ? origin : `${origin} ${group}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      if (this.#pools.size >= maxPools) this.#closeIdle();
      pool = this.#open(origin, endpoint);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #open(origin: string, { protection, trustedCertificates }: CompiledEndpoint): BackendPool {
    const { settings, guard } = this;
    const own = {
      ...settings,
      connectTimeoutMillis: protection?.connectTimeoutMillis ?? settings.connectTimeoutMillis,
      bodyTimeoutMillis: protection?.idleTimeoutMillis ?? settings.bodyTimeoutMillis,
    };
    return new BackendPool(origin, own, trustedCertificates, guard);
  }

  #closeIdle(): void {
    for (const [key, pool] of this.#pools) {
      if (pool.running > 0) continue;
      this.#pools.delete(key);
      void pool.close();
    }
  }
}

/** Backends come and go with the APIs; beyond this many, those without a call are let go. */
const maxPools = 4_096;

/** What makes connections of one endpoint unfit for another to the same origin; empty for nearly all. */
export function poolGroup({ trustedCertificates, protection }: CompiledEndpoint): string {
  const parts: string[] = [];
  if (trustedCertificates !== undefined) {
    parts.push(createHash('sha256').update(trustedCertificates.join('\0')).digest('base64url'));
  }
  if (protection?.connectTimeoutMillis !== undefined) parts.push(`connect=${protection.connectTimeoutMillis}`);
  if (protection?.idleTimeoutMillis !== undefined) parts.push(`idle=${protection.idleTimeoutMillis}`);
  return parts.join(' ');
}
