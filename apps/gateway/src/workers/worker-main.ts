// The entry of a worker process. It is told what to do by the primary, over the channel between them.
import 'reflect-metadata';
import { runChecks } from '@keygate/common/health';
import { createLogger, type Logger } from '@keygate/common/logging';
import { type GatewayProcess, startGatewayProcess } from '../gateway-process.js';
import { type CommonCall, type FromWorker, isOurs, type ToWorker, type WorkerSetUp } from './messages.js';
import { Questions } from './questions.js';
import { SiblingCounts } from './sibling-counts.js';

const answerMillis = 2_000;
const questions = new Questions();
let logger: Logger | undefined;
let gateway: Promise<GatewayProcess> | undefined;

const tell = (message: FromWorker) => {
  // The primary may be gone; this process then ends as well.
  if (process.connected) process.send?.(message);
};

const ask = (call: CommonCall) => questions.ask((id) => tell({ kind: 'common', id, call }), answerMillis);

async function begin({ config, gatewayId, worker, ticketKeys }: WorkerSetUp): Promise<GatewayProcess> {
  logger = createLogger({ name: 'gateway', ...config.logging }).child({ worker });
  const siblings = {
    worker,
    ticketKeys: Buffer.from(ticketKeys, 'base64'),
    counts: new SiblingCounts(ask),
    isShut: async () => void (await ask({ name: 'isShut' })),
    firstUse: async (proof: string, expiresAt: number) => {
      const first = await ask({ name: 'firstUse', proof, expiresAt });
      return typeof first === 'boolean' ? first : undefined;
    },
  };
  const started = await startGatewayProcess(config, { gatewayId, logger, siblings });
  tell({ kind: 'open', open: await started.listen() });
  return started;
}

function receive(message: ToWorker): void {
  switch (message.kind) {
    case 'begin':
      gateway = begin(message.setUp);
      gateway.catch((error: unknown) => {
        tell({ kind: 'failed', line: error instanceof Error ? error.message : String(error) });
        logger?.debug({ err: error }, 'the worker did not start');
      });
      return;
    case 'stop':
      void stop();
      return;
    case 'answer':
      questions.answered(message.id, message.value);
      return;
    case 'ask':
      void answer(message.id, message.question);
  }
}

async function answer(id: number, question: 'readiness' | 'metrics'): Promise<void> {
  const started = await gateway?.catch(() => undefined);
  if (started === undefined) return;
  const value =
    question === 'readiness' ? await runChecks(started.readiness) : await started.metrics.getMetricsAsJSON();
  tell({ kind: 'answer', id, value });
}

async function stop(): Promise<void> {
  try {
    await (await gateway)?.stop();
    end(0);
  } catch (error) {
    logger?.error({ err: error }, 'stopping failed');
    end(1);
  }
}

function end(code: number): never {
  logger?.flush?.();
  process.exit(code);
}

process.on('message', (message) => {
  if (isOurs(message)) receive(message as ToWorker);
});
// Ctrl-C and some service managers signal the whole group; the primary says when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    logger?.fatal({ err: error }, event === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception');
    end(1);
  });
}
tell({ kind: 'here' });
