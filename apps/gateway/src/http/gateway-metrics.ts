import { createRegistry, type Registry } from '@keygate/common/metrics';
import type { CatalogStream } from '../key-manager/catalog-stream.js';
import type { KeyManagerClient } from '../key-manager/key-manager.client.js';
import type { UpstreamForwarder } from '../proxy/upstream-forwarder.js';
import { throttleMetrics } from '../throttling/throttle-metrics.js';
import type { GatewayThrottling } from '../throttling/throttling.js';
import type { TokenSource } from '../tokens/token-source.js';
import { gauge, type RequestCounters } from './request-counters.js';

export interface MetricSources {
  readonly gatewayId: string;
  readonly counters: RequestCounters;
  readonly catalog: CatalogStream;
  readonly client: KeyManagerClient;
  readonly tokens: TokenSource;
  readonly throttling: GatewayThrottling;
  readonly webSockets: { readonly size: number };
  readonly forwarder: Pick<UpstreamForwarder, 'counters' | 'pools'>;
}

/** Everything `/metrics` shows of this gateway. No label ever holds a value that a client chose. */
export function gatewayMetrics({
  gatewayId,
  counters,
  catalog,
  client,
  tokens,
  throttling,
  webSockets,
  forwarder,
}: MetricSources): Registry {
  const registry = createRegistry({ gateway: gatewayId });
  counters.register(registry);
  gauge(
    registry,
    'catalog_revision',
    'Revision of the catalogue in force',
    () => catalog.current()?.revision ?? 0,
    'min',
  );
  gauge(registry, 'catalog_stream_live', 'Whether catalogue changes are heard', () => Number(catalog.isLive), 'min');
  gauge(
    registry,
    'key_manager_connected',
    'Whether a key manager is connected',
    () => Number(client.isConnected),
    'min',
  );
  gauge(registry, 'token_stream_open', 'Whether token calls go over a stream', () => Number(client.hasStream), 'min');
  gauge(registry, 'revocations_heard', 'Whether revocations are heard', () => Number(tokens.hearing.isHearing), 'min');
  gauge(
    registry,
    'redis_connected',
    'Whether tokens are shared through Redis',
    () => Number(tokens.isSharing()),
    'min',
  );
  gauge(registry, 'tokens_cached', 'Access tokens in memory', () => tokens.validation.sizes.tokens);
  gauge(registry, 'tokens_refused', 'Access tokens remembered as refused', () => tokens.validation.sizes.refused);
  gauge(registry, 'tokens_undecided', 'Look-ups without a verdict since the start', tokens.undecided);
  gauge(registry, 'websocket_connections', 'Open WebSocket connections', () => webSockets.size);
  throttleMetrics(registry, throttling);
  forwarder.counters.register(registry, forwarder.pools);
  return registry;
}
