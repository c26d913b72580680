import { Counter, Gauge, type Registry } from 'prom-client';
import type { Exchange } from '../pipeline/exchange.js';

/** Upper bounds of the latency buckets, seconds. */
const bounds = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts requests in plain numbers; Prometheus objects are filled only when somebody asks. */
export class RequestCounters {
  private readonly byClass = new Float64Array(6);
  private readonly buckets = new Float64Array(bounds.length);
  private seconds = 0;
  private readonly byFault = new Map<string, number>();
  private readonly tokenRequests = new Map<string, number>();

  count(exchange: Exchange): void {
    const { status, fault } = exchange;
    const index = status >= 100 && status < 600 ? Math.floor(status / 100) : 0;
    this.byClass[index] = (this.byClass[index] ?? 0) + 1;
    const elapsed = (performance.now() - exchange.startedAt) / 1_000;
    this.seconds += elapsed;
    for (let bucket = 0; bucket < bounds.length; bucket++) {
      if (elapsed > (bounds[bucket] as number)) continue;
      this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
      break;
    }
    if (fault !== undefined) this.byFault.set(fault, (this.byFault.get(fault) ?? 0) + 1);
  }

  /** `endpoint` is a path of our own, never one a client made up. */
  countTokenRequest(endpoint: string, status: number): void {
    const key = `${endpoint} ${Math.floor(status / 100)}xx`;
    this.tokenRequests.set(key, (this.tokenRequests.get(key) ?? 0) + 1);
  }

  register(registry: Registry): void {
    const { byClass, byFault } = this;
    new Counter({
      name: 'keygate_gateway_requests_total',
      help: 'API requests by class of the answer’s HTTP status',
      labelNames: ['status_class'],
      registers: [registry],
      collect() {
        this.reset();
        byClass.forEach((count, index) => {
          if (index > 0) this.inc({ status_class: `${index}xx` }, count);
        });
      },
    });
    new Counter({
      name: 'keygate_gateway_faults_total',
      help: 'API requests that the gateway itself ended, by reason',
      labelNames: ['fault'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [fault, count] of byFault) this.inc({ fault }, count);
      },
    });
    this.registerTokenRequests(registry);
    this.registerDurations(registry);
  }

  private registerTokenRequests(registry: Registry): void {
    const { tokenRequests } = this;
    new Counter({
      name: 'keygate_gateway_token_requests_total',
      help: 'Requests to the token endpoints by class of the answer’s HTTP status',
      labelNames: ['endpoint', 'status_class'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [key, count] of tokenRequests) {
          const [endpoint = '', status_class = ''] = key.split(' ');
          this.inc({ endpoint, status_class }, count);
        }
      },
    });
  }

  /** As counters rather than a Histogram, which would be observed on every request. */
  private registerDurations(registry: Registry): void {
    const total = () => this.byClass.reduce((sum, count) => sum + count, 0);
    const { buckets } = this;
    const seconds = () => this.seconds;
    new Counter({
      name: 'keygate_gateway_request_duration_seconds_bucket',
      help: 'API requests by duration, cumulative',
      labelNames: ['le'],
      registers: [registry],
      collect() {
        this.reset();
        let sum = 0;
        bounds.forEach((bound, index) => {
          sum += buckets[index] ?? 0;
          this.inc({ le: String(bound) }, sum);
        });
        this.inc({ le: '+Inf' }, total());
      },
    });
    new Counter({
      name: 'keygate_gateway_request_duration_seconds_sum',
      help: 'Time spent on API requests',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(seconds());
      },
    });
  }
}

/** A metric whose value is read when somebody asks; `aggregator` says what it is of several workers together. */
export function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => number,
  aggregator: 'sum' | 'min' | 'max' = 'sum',
): void {
  new Gauge({
    name: `keygate_gateway_${name}`,
    help,
    registers: [registry],
    aggregator,
    collect() {
      this.set(read());
    },
  });
}
