import cluster, { type Worker } from 'node:cluster';
import { BackOff } from '@keygate/common/lifecycle';
import type { Logger } from '@keygate/common/logging';
import type { MetricReport } from '@keygate/common/metrics';
import type { CommonState } from './common-state.js';
import {
  type CommonCall,
  type FromWorker,
  isOurs,
  type ToWorker,
  type WorkerOpen,
  type WorkerSetUp,
} from './messages.js';
import { Questions } from './questions.js';

export interface WorkerProcessOptions {
  readonly setUp: WorkerSetUp;
  readonly logger: Logger;
  readonly drainSeconds: number;
  /** Takes what it prints, as it comes. */
  readonly onOutput: (worker: number, piece: Buffer) => void;
  readonly common: CommonState;
  /** It ended by itself after it had begun; it is started again. `last` is what it had counted when it was last asked. */
  readonly onLost: (last: MetricReport) => void;
}

const answerMillis = 1_500;

/** One worker: started, asked, started again when it ends by itself, stopped. */
export class WorkerProcess {
  private worker: Worker | undefined;
  private ended: Promise<void> = Promise.resolve();
  private stopping = false;
  private restart: NodeJS.Timeout | undefined;
  private lastReport: MetricReport = [];
  private readonly questions = new Questions();
  private readonly backOff = new BackOff();
  isOpen = false;

  constructor(private readonly options: WorkerProcessOptions) {}

  get number(): number {
    return this.options.setUp.worker;
  }

  /** Resolves when its ports are open; rejects with the line of one that cannot begin. */
  start(): Promise<WorkerOpen> {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      let failure: string | undefined;
      this.launch(
        (message) => {
          if (message.kind === 'failed') {
            failure = message.line;
            // What it holds would keep it; that it could not begin is all there is to say.
            this.worker?.process.kill('SIGKILL');
          } else if (message.kind === 'open') {
            this.isOpen = true;
            resolve(message.open);
          }
        },
        (reason) => {
          const wasOpen = this.isOpen;
          this.isOpen = false;
          this.questions.giveUp();
          if (this.stopping) reject(new Error(`worker ${this.number} was stopped`));
          else if (wasOpen) this.again(reason, performance.now() - began);
          else reject(new Error(failure ?? `worker ${this.number} did not start (${reason})`));
        },
      );
    });
  }

  /** Undefined when it gives no answer. */
  async readiness(): Promise<Readonly<Record<string, string>> | undefined> {
    return (await this.ask('readiness')) as Readonly<Record<string, string>> | undefined;
  }

  async metrics(): Promise<MetricReport> {
    const report = (await this.ask('metrics')) as MetricReport | undefined;
    if (report !== undefined) this.lastReport = report;
    return this.lastReport;
  }

  /** Asks to drain, waits, and kills when the drain time is over. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const { worker } = this;
    if (worker === undefined || worker.isDead()) return;
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.options.drainSeconds * 1_000);
    this.tell({ kind: 'stop' });
    await this.ended;
    clearTimeout(timer);
  }

  private ask(question: 'readiness' | 'metrics'): Promise<unknown> {
    if (!this.isOpen) return Promise.resolve(undefined);
    return this.questions.ask((id) => this.tell({ kind: 'ask', id, question }), answerMillis);
  }

  private tell(message: ToWorker): void {
    // It may be gone already; its end is heard of elsewhere.
    if (this.worker?.isConnected()) this.worker.send(message, () => undefined);
  }

  private async answer(id: number, call: CommonCall): Promise<void> {
    this.tell({ kind: 'answer', id, value: await this.options.common.answer(call) });
  }

  private launch(onState: (message: FromWorker) => void, onEnd: (reason: string) => void): void {
    const { setUp, onOutput } = this.options;
    const worker = cluster.fork();
    this.worker = worker;
    worker.process.stdout?.on('data', (piece: Buffer) => onOutput(this.number, piece));
    worker.on('message', (message: unknown) => {
      if (!isOurs(message)) return;
      const ours = message as FromWorker;
      if (ours.kind === 'here') this.tell({ kind: 'begin', setUp });
      else if (ours.kind === 'answer') this.questions.answered(ours.id, ours.value);
      else if (ours.kind === 'common') void this.answer(ours.id, ours.call);
      else onState(ours);
    });
    worker.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code, signal) => {
        resolve();
        onEnd(signal ? String(signal) : `exit code ${code}`);
      });
    });
  }

  private again(reason: string, ranMillis: number): void {
    const { logger, onLost } = this.options;
    onLost(this.lastReport);
    this.lastReport = [];
    this.startLater(reason, ranMillis, logger);
  }

  private startLater(reason: string, ranMillis: number, logger: Logger): void {
    const waitMillis = this.backOff.after(ranMillis);
    logger.error({ worker: this.number, reason, waitMillis }, 'a worker ended; starting it again');
    this.restart = setTimeout(() => {
      if (this.stopping) return;
      this.start().then(
        () => logger.info({ worker: this.number }, 'the worker is back'),
        (error: Error) => {
          if (!this.stopping) this.startLater(error.message, 0, logger);
        },
      );
    }, waitMillis);
  }
}
