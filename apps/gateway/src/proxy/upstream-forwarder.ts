import { createAddressGuard } from '@keygate/common/documents';
import type { CompiledCatalog, CompiledEndpoint } from '../apis/compiled-catalog.js';
import type { Exchange } from '../pipeline/exchange.js';
import type { Forwarder } from '../pipeline/ports.js';
import type { BackendAddress } from './backend-address.js';
import { BackendCounters } from './backend-counters.js';
import { BackendPools } from './backend-pool.js';
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
  /** Chosen as for a call; its breaker is to hear how it went. Throws when no address is well. */
  addressFor(exchange: Exchange, endpoint: CompiledEndpoint): BackendAddress;
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
    addressFor: (exchange, endpoint) => runtimeOf(endpoint).addressFor(exchange),
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
