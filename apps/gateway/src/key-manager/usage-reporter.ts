import type { Logger } from '@keygate/common/logging';
import type { UsageBatch, UsageCount } from '@keygate/proto/keymanager/v1/usage';
import type { Exchange } from '../pipeline/exchange.js';
import type { KeyManagerClient } from './key-manager.client.js';

export interface UsageReporterOptions {
  readonly client: Pick<KeyManagerClient, 'reportUsage'>;
  readonly gatewayId: string;
  readonly logger: Logger;
  readonly now?: () => number;
}

const minuteMillis = 60_000;
const maxCountsPerMinute = 50_000;
/** An hour without a key manager; older counts are lost. */
const maxBatches = 60;

/** Counts requests per API, application and status class for statistics. Best effort: counts may be lost, requests never. */
export class UsageReporter {
  private readonly options: UsageReporterOptions;
  /** By API, then by application. Found by strings that are there anyway: a key of both would be made for each request. */
  private counts = new Map<string, Map<string, UsageCount[]>>();
  private size = 0;
  private minute: number;
  private batches: UsageBatch[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(options: UsageReporterOptions) {
    this.options = options;
    this.minute = this.minuteNow();
  }

  start(): void {
    this.timer = setInterval(() => void this.send(), minuteMillis);
    this.timer.unref();
  }

  count(exchange: Exchange): void {
    if (!exchange.isRouted) return;
    const minute = this.minuteNow();
    if (minute !== this.minute) this.closeMinute(minute);
    const statusClass = Math.floor(exchange.status / 100);
    const known = this.countsOf(exchange.api.id, exchange.application?.id ?? '');
    for (const count of known) {
      if (count.statusClass !== statusClass) continue;
      count.requests += 1;
      return;
    }
    if (this.size >= maxCountsPerMinute) return;
    this.size += 1;
    known.push({ apiId: exchange.api.id, applicationId: exchange.application?.id ?? '', statusClass, requests: 1 });
  }

  /** Of each class of status that there was; a handful at most. */
  private countsOf(apiId: string, applicationId: string): UsageCount[] {
    let byApplication = this.counts.get(apiId);
    if (byApplication === undefined) {
      byApplication = new Map();
      this.counts.set(apiId, byApplication);
    }
    let known = byApplication.get(applicationId);
    if (known === undefined) {
      known = [];
      byApplication.set(applicationId, known);
    }
    return known;
  }

  /** Sends what has been counted; keeps it for the next time when that fails. */
  async send(): Promise<void> {
    this.closeMinute(this.minuteNow());
    const sending = this.batches;
    if (sending.length === 0) return;
    this.batches = [];
    try {
      await this.options.client.reportUsage(sending);
    } catch (error) {
      this.options.logger.debug({ err: error }, 'usage counts not delivered');
      this.batches = [...sending, ...this.batches].slice(-maxBatches);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.send();
  }

  private minuteNow(): number {
    const now = this.options.now?.() ?? Date.now();
    return now - (now % minuteMillis);
  }

  private closeMinute(next: number): void {
    if (this.size > 0) {
      const { gatewayId } = this.options;
      const counts = [...this.counts.values()].flatMap((byApplication) => [...byApplication.values()].flat());
      this.batches.push({ gatewayId, minute: this.minute, counts });
      this.batches = this.batches.slice(-maxBatches);
      this.counts = new Map();
      this.size = 0;
    }
    this.minute = next;
  }
}
