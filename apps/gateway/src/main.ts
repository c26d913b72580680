import 'reflect-metadata';
import { hostname } from 'node:os';
import { type OperationsServer, startOperationsServer } from '@keygate/common/health';
import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from './config/gateway.config.js';
import { startGatewayProcess } from './gateway-process.js';
import { type GatewayUrls, listenSettings } from './http/listen-settings.js';
import type { Listeners } from './http/listeners.js';
import type { Clock } from './tokens/clock.js';
import { startWorkers } from './workers/primary.js';
import { workerCount } from './workers/worker-count.js';

export interface GatewayOptions {
  readonly logger: Logger;
  /** Time of the token cache; the system's when left out. */
  readonly clock?: Clock;
}

export interface RunningGateway {
  readonly ports: Listeners['ports'] & { readonly operations: number };
  readonly urls: GatewayUrls;
  /** Drains: open requests go on for at most `drainSeconds`. */
  stop(): Promise<void>;
}

/**
 * Starts one gateway and resolves when its ports are open. It need not have a catalogue yet: until there is one, API
 * calls are answered 503 and `/readyz` says so. Throws `PortTaken`, `TlsProblem` or `ServerUrlProblem`, one line each.
 */
export async function startGateway(config: GatewayConfig, options: GatewayOptions): Promise<RunningGateway> {
  const { listeners, id, workers } = config.gateway;
  const gatewayId = id ?? `${hostname()}-${listeners.https}`;
  const count = workerCount(workers);
  const { logger } = options;
  const gateway =
    count > 1
      ? await startWorkers({ config, count, gatewayId, logger })
      : await startGatewayProcess(config, { ...options, gatewayId });
  let operations: OperationsServer | undefined;
  try {
    const { readiness, metrics } = gateway;
    operations = await startOperationsServer({ ...listenSettings(config, 'operations'), readiness, metrics });
    return running(gatewayId, logger, { gateway, operations, ...(await gateway.listen()) });
  } catch (error) {
    await operations?.close();
    await gateway.stop();
    throw error;
  }
}

interface Open {
  readonly gateway: { stop(): Promise<void> };
  readonly operations: OperationsServer;
  readonly ports: Listeners['ports'];
  readonly urls: GatewayUrls;
}

function running(gatewayId: string, logger: Logger, { gateway, operations, ports: open, urls }: Open): RunningGateway {
  const ports = { ...open, operations: operations.port };
  logger.info({ ...ports, gatewayId }, 'gateway is listening');
  return {
    ports,
    urls,
    stop: async () => {
      operations.drain();
      await gateway.stop();
      await operations.close();
      logger.info('gateway has stopped');
    },
  };
}
