import type { ReadinessChecks } from '@keygate/common/health';
import type { Logger } from '@keygate/common/logging';
import type { Registry } from '@keygate/common/metrics';
import type { GatewayConfig } from './config/gateway.config.js';
import { createParts } from './gateway-parts.js';
import { createDispatch, onlyWebSocket } from './http/dispatch.js';
import { gatewayMetrics } from './http/gateway-metrics.js';
import { type GatewayUrls, listenSettings, urlsOf } from './http/listen-settings.js';
import { type Listeners, openListeners } from './http/listeners.js';
import { loadServerCertificate } from './http/server-certificate.js';
import { throttleReadiness } from './throttling/throttle-metrics.js';
import type { Clock } from './tokens/clock.js';
import type { Siblings } from './workers/siblings.js';

export interface GatewayProcessOptions {
  readonly gatewayId: string;
  readonly logger: Logger;
  /** Time of the token cache; the system's when left out. */
  readonly clock?: Clock | undefined;
  /** The other workers of this gateway, if it has any. */
  readonly siblings?: Siblings | undefined;
}

/** All of a gateway that one process does, but for its operations port: a worker has none of its own. */
export interface GatewayProcess {
  readonly readiness: ReadinessChecks;
  readonly metrics: Registry;
  /** Opens all ports or none. */
  listen(): Promise<{ readonly ports: Listeners['ports']; readonly urls: GatewayUrls }>;
  /** Drains: open requests go on for at most `drainSeconds`. */
  stop(): Promise<void>;
}

/** Gets everything going that a gateway needs before its first request. */
export async function startGatewayProcess(
  config: GatewayConfig,
  options: GatewayProcessOptions,
): Promise<GatewayProcess> {
  const { gatewayId, siblings } = options;
  const { drainSeconds, listeners, publicUrl, otherPublicUrls } = config.gateway;
  const pair = await loadServerCertificate(config);
  const parts = await createParts(config, options);
  let open: Listeners | undefined;
  const stop = async () => {
    // Half a second is left for the rest, before whoever asked loses patience.
    await open?.drain(Math.max(0, drainSeconds * 1_000 - 500));
    await parts.stop();
  };
  await parts.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    // A loaded catalogue is enough: known tokens are served while the key manager is away.
    readiness: {
      catalogue: async () => (parts.catalog.current() ? undefined : 'none has been received from a key manager yet'),
      keyManager: async () => (parts.client.isConnected ? undefined : { degraded: 'not connected' }),
      throttling: async () => throttleReadiness(parts.throttling),
    },
    metrics: gatewayMetrics({ gatewayId, ...parts }),
    listen: async () => {
      open = await openListeners({
        https: listenSettings(config, 'https'),
        http: listenSettings(config, 'http'),
        pair,
        asksForCertificate: config.gateway.tls.clientCertificates === 'request',
        limits: config.gateway.limits,
        onHttps: createDispatch('https', parts.tokenHost, parts.handler),
        wss: listenSettings(config, 'wss'),
        ws: listenSettings(config, 'ws'),
        onHttp: createDispatch('http', parts.tokenHost, parts.handler),
        onWss: onlyWebSocket('https', parts.webSocketHandler),
        onWs: onlyWebSocket('http', parts.webSocketHandler),
        onDrain: () => parts.webSockets.drain(),
        ticketKeys: siblings?.ticketKeys,
        isShut: siblings?.isShut,
      });
      const urls = urlsOf(listeners.publicHost, open.ports);
      parts.identity.servedAt(publicUrl ?? urls.gateway);
      parts.ownUrls.servedAt([publicUrl ?? urls.gateway, ...otherPublicUrls]);
      return { ports: open.ports, urls };
    },
    stop,
  };
}
