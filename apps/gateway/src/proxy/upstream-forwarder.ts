import { type AddressGuard, createAddressGuard } from '@keygate/common/documents';
import type { CompiledCatalog, CompiledEndpoint, Upstream } from '../apis/compiled-catalog.js';
import type { Forwarder } from '../pipeline/ports.js';
import { BackendCounters } from './backend-counters.js';
import { BackendPools, checkHost } from './backend-pool.js';
import { credentialsOf } from './credentials/credentials-of.js';
import { EndpointRuntime, type EndpointSurroundings } from './endpoint-runtime.js';
import { HealthChecks, HealthWatch } from './health-checks.js';
import type { ProxySettings } from './proxy-settings.js';

export type { ProxySettings } from './proxy-settings.js';

/** Forwarder over connection pools, one per backend origin. `close` waits for running calls, `destroy` does not. */
export interface UpstreamForwarder extends Forwarder {
  readonly counters: BackendCounters;
  readonly pools: BackendPools;
  /** Told of every new catalogue, so that health is checked of what is in it. */
  follow(catalog: Pick<CompiledCatalog, 'healthChecked'>): void;
  /** Where the next connection of another protocol goes. Throws when no address is well, or it may not be called. */
  nextUpstream(endpoint: CompiledEndpoint): Upstream;
  /** What other protocols connect through. */
  readonly guard: AddressGuard;
  close(): Promise<void>;
  destroy(): Promise<void>;
}

export function createUpstreamForwarder(settings: ProxySettings): UpstreamForwarder {
  const { allowPrivateNetworks = true, allowLinkLocal = false } = settings;
  const guard = createAddressGuard({ allowPrivateNetworks, allowLinkLocal });
  const counters = new BackendCounters();
  const pools = new BackendPools(settings, guard);
  const around: EndpointSurroundings = {
    settings,
    pools,
    counters,
    credentialsOf: (endpoint, poolOf) => credentialsOf(endpoint, poolOf, { settings, guard, counters }),
  };
  // A redeployed API is a new endpoint: it starts without the old one's breakers and tokens.
  const runtimes = new WeakMap<CompiledEndpoint, EndpointRuntime>();
  const runtimeOf = (endpoint: CompiledEndpoint) => {
    let runtime = runtimes.get(endpoint);
    if (runtime === undefined) {
      runtime = new EndpointRuntime(endpoint, around);
      runtimes.set(endpoint, runtime);
    }
    return runtime;
  };
  const health = new HealthWatch((endpoint) => new HealthChecks(runtimeOf(endpoint), around));
  return {
    counters,
    pools,
    forward(exchange, endpoint, answers) {
      // The client may have left while its token was being looked up.
      if (!exchange.isAbandoned) runtimeOf(endpoint).call(exchange, answers);
    },
    guard,
    nextUpstream(endpoint) {
      const { upstream } = runtimeOf(endpoint).nextAddress();
      checkHost(guard, upstream.origin);
      return upstream;
    },
    follow: ({ healthChecked }) => health.follow(healthChecked),
    close: async () => {
      health.follow([]);
      await Promise.all([...pools.all].map((pool) => pool.close()));
    },
    destroy: async () => {
      health.follow([]);
      await Promise.all([...pools.all].map((pool) => pool.destroy()));
    },
  };
}
