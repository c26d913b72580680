import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from '../config/gateway.config.js';
import { rawOutput } from '../http/raw-output.js';
import { SeenProofs } from '../tokens/seen-proofs.js';
import { CommonState } from './common-state.js';
import { LineRelay } from './line-relay.js';
import { MergedMetrics } from './merged-metrics.js';
import { mergedReadiness } from './merged-readiness.js';
import type { WorkerOpen } from './messages.js';
import { WorkerProcess } from './worker-process.js';

export interface WorkersOptions {
  readonly config: GatewayConfig;
  readonly count: number;
  readonly gatewayId: string;
  readonly logger: Logger;
}

/** A gateway of several processes; what `GatewayProcess` is of one. */
export interface Workers {
  readonly readiness: () => Promise<Readonly<Record<string, string>>>;
  readonly metrics: MergedMetrics;
  listen(): Promise<WorkerOpen>;
  stop(): Promise<void>;
}

/**
 * Makes the workers. Each has everything a gateway has (docs/architecture.md): this process holds the listening sockets, hands each new
 * connection to the next worker in turn, and sees no request.
 */
export async function startWorkers({ config, count, gatewayId, logger }: WorkersOptions): Promise<Workers> {
  const output = rawOutput();
  const relay = new LineRelay((lines) => output.write(lines));
  // In turn: of 400 connections that came one by one four workers got 100 each; left to the kernel, 61 to 117.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker-main.js', import.meta.url)),
    args: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const shared = sharedConfig(config);
  const ticketKeys = randomBytes(48).toString('base64');
  const workers: WorkerProcess[] = [];
  const common = new CommonState(seenProofs(config), () => workers.filter(({ isOpen }) => isOpen).length);
  const metrics = new MergedMetrics(gatewayId, workers);
  for (let worker = 1; worker <= count; worker++) {
    workers.push(
      new WorkerProcess({
        setUp: { config: shared, gatewayId, worker, ticketKeys },
        logger,
        drainSeconds: config.gateway.drainSeconds,
        onOutput: (source, piece) => relay.take(source, piece),
        common,
        onLost: (last) => metrics.workerLost(last),
      }),
    );
  }
  return {
    readiness: async () => {
      const reports = await Promise.all(workers.map(async (one) => [one.number, await one.readiness()] as const));
      return mergedReadiness(new Map(reports));
    },
    metrics,
    listen: async () => {
      // The first one alone: what is wrong for all, such as a taken port, is said once.
      const [first, ...others] = workers as [WorkerProcess, ...WorkerProcess[]];
      const open = await first.start();
      await Promise.all(others.map((worker) => worker.start()));
      logger.info({ workers: count }, 'workers are serving');
      return open;
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      output.flushSync();
    },
  };
}

/** What each worker would make up for itself and all must have in common. */
function sharedConfig(config: GatewayConfig): GatewayConfig {
  const { logging, gateway } = config;
  const nonceKey = gateway.dpop.nonceKey ?? randomBytes(32).toString('base64url');
  // Workers write into a pipe and cannot tell.
  const isTerminal = process.stdout.isTTY === true;
  const format = logging.format === 'auto' ? (isTerminal ? 'pretty' : 'json') : logging.format;
  return { ...config, logging: { ...logging, format }, gateway: { ...gateway, dpop: { ...gateway.dpop, nonceKey } } };
}

function seenProofs({ gateway: { dpop } }: GatewayConfig): SeenProofs {
  return new SeenProofs({
    maxEntries: dpop.maxRememberedProofs,
    longestMillis: (dpop.maxAgeSeconds + 2 * dpop.clockSkewSeconds + 2) * 1_000,
    now: Date.now,
    shared: undefined,
  });
}
