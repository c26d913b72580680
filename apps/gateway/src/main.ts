import 'reflect-metadata';
import { hostname } from 'node:os';
import { type OperationsServer, startOperationsServer } from '@keygate/common/health';
import type { ListenSettings } from '@keygate/common/lifecycle';
import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from './config/gateway.config.js';
import { createParts, type GatewayParts } from './gateway-parts.js';
import { createDispatch } from './http/dispatch.js';
import { gatewayMetrics } from './http/gateway-metrics.js';
import { type Listeners, openListeners } from './http/listeners.js';
import { loadServerCertificate } from './http/server-certificate.js';
import type { Clock } from './tokens/clock.js';

export interface GatewayOptions {
  readonly logger: Logger;
  /** Time of the token cache; the system's when left out. */
  readonly clock?: Clock;
}

export interface RunningGateway {
  readonly ports: { readonly https: number; readonly http: number; readonly operations: number };
  readonly urls: {
    readonly gateway: string;
    readonly gatewayHttp: string;
    readonly token: string;
    readonly revoke: string;
  };
  /** Drains: open requests go on for at most `drainSeconds`. */
  stop(): Promise<void>;
}

/**
 * Starts one gateway and resolves when its ports are open. It need not have a catalogue yet: until there is one, API
 * calls are answered 503 and `/readyz` says so. Throws `PortTaken`, `TlsProblem` or `ServerUrlProblem`, one line each.
 */
export async function startGateway(config: GatewayConfig, { logger, clock }: GatewayOptions): Promise<RunningGateway> {
  const { listeners, id, drainSeconds } = config.gateway;
  const gatewayId = id ?? `${hostname()}-${listeners.https}`;
  const pair = await loadServerCertificate(config);
  const parts = await createParts(config, { gatewayId, logger, clock });
  let operations: OperationsServer | undefined;
  let open: Listeners;
  try {
    await parts.start();
    operations = await openOperations(config, gatewayId, parts);
    open = await openListeners({
      https: listenSettings(config, 'https'),
      http: listenSettings(config, 'http'),
      pair,
      asksForCertificate: config.gateway.tls.clientCertificates === 'request',
      limits: config.gateway.limits,
      onHttps: createDispatch('https', parts.tokenHost, parts.handler),
      onHttp: createDispatch('http', parts.tokenHost, parts.handler),
    });
  } catch (error) {
    await operations?.close();
    await parts.stop();
    throw error;
  }
  const ports = { ...open.ports, operations: operations.port };
  const urls = urlsOf(listeners.publicHost, ports);
  const publicUrl = config.gateway.publicUrl ?? urls.gateway;
  parts.identity.servedAt(publicUrl);
  parts.ownUrls.servedAt([publicUrl, ...config.gateway.otherPublicUrls]);
  logger.info({ ...ports, gatewayId }, 'gateway is listening');
  return {
    ports,
    urls,
    stop: async () => {
      operations.drain();
      // Half a second is left for the rest, before whoever asked loses patience.
      await open.drain(Math.max(0, drainSeconds * 1_000 - 500));
      await parts.stop();
      await operations.close();
      logger.info('gateway has stopped');
    },
  };
}

function openOperations(config: GatewayConfig, gatewayId: string, parts: GatewayParts): Promise<OperationsServer> {
  return startOperationsServer({
    ...listenSettings(config, 'operations'),
    // A loaded catalogue is enough: known tokens are served while the key manager is away.
    readiness: {
      catalogue: async () => (parts.catalog.current() ? undefined : 'none has been received from a key manager yet'),
      keyManager: async () => (parts.client.isConnected ? undefined : { degraded: 'not connected' }),
    },
    metrics: gatewayMetrics({ gatewayId, ...parts }),
  });
}

function listenSettings({ portOffset, gateway }: GatewayConfig, name: 'https' | 'http' | 'operations'): ListenSettings {
  const { bindAddress, operationsBindAddress, [name]: port } = gateway.listeners;
  const host = name === 'operations' ? operationsBindAddress : bindAddress;
  return { host, port, setting: `gateway.listeners.${name}`, portOffset };
}

function urlsOf(host: string, ports: { readonly https: number; readonly http: number }): RunningGateway['urls'] {
  const gateway = `https://${host}:${ports.https}`;
  return {
    gateway,
    gatewayHttp: `http://${host}:${ports.http}`,
    token: `${gateway}/token`,
    revoke: `${gateway}/revoke`,
  };
}
