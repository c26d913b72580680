import { createRegistry, type MetricReport, mergedRegistry } from '@keygate/common/metrics';
import { gauge } from '../http/request-counters.js';
import type { WorkerProcess } from './worker-process.js';

/** One `/metrics` for all workers: sums, except where a metric says otherwise, and what the primary itself uses. */
export class MergedMetrics {
  private readonly own: ReturnType<typeof createRegistry>;
  /** What workers had counted that are gone: sums must not fall when a process ends. */
  private lost: MetricReport = [];
  private restarts = 0;

  constructor(
    gatewayId: string,
    private readonly workers: readonly WorkerProcess[],
  ) {
    this.own = createRegistry({ gateway: gatewayId });
    gauge(this.own, 'workers', 'Processes that serve', () => workers.filter(({ isOpen }) => isOpen).length);
    gauge(this.own, 'worker_restarts', 'Processes that ended by themselves since the start', () => this.restarts);
  }

  get contentType(): string {
    return this.own.contentType;
  }

  async metrics(): Promise<string> {
    const reports = await Promise.all(this.workers.map((worker) => worker.metrics()));
    return mergedRegistry([await this.own.getMetricsAsJSON(), this.lost, ...reports]).metrics();
  }

  workerLost(last: MetricReport): void {
    this.restarts += 1;
    const counted = last.filter(({ type }) => String(type) === 'counter');
    void mergedRegistry([this.lost, counted])
      .getMetricsAsJSON()
      .then((sum) => {
        this.lost = sum;
      });
  }
}
