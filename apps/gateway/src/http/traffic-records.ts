import type { Logger } from '@keygate/common/logging';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { KeyManagerClient } from '../key-manager/key-manager.client.js';
import { UsageReporter } from '../key-manager/usage-reporter.js';
import type { TokenHostOptions } from '../oauth2-endpoints/token-host.js';
import type { RequestObserver } from '../pipeline/ports.js';
import type { Siblings } from '../workers/siblings.js';
import { createAccessLog } from './access-log.js';
import { RequestCounters } from './request-counters.js';

/** Everything that is written down about requests. */
export interface TrafficRecords {
  readonly counters: RequestCounters;
  readonly usage: UsageReporter;
  /** Of API calls. */
  readonly observer: RequestObserver;
  /** Of token requests. */
  readonly onAnswered: TokenHostOptions['onAnswered'];
  /** Writes what is still in memory. */
  flush(): void;
}

interface Around {
  readonly client: KeyManagerClient;
  readonly gatewayId: string;
  readonly logger: Logger;
  readonly siblings: Siblings | undefined;
}

export function createTrafficRecords(config: GatewayConfig, around: Around): TrafficRecords {
  const { client, gatewayId, logger, siblings } = around;
  const counters = new RequestCounters();
  const usage = new UsageReporter({ client, gatewayId, logger });
  const accessLog = createAccessLog({ ...config.logging, worker: siblings?.worker });
  return {
    counters,
    usage,
    observer: {
      ended: (exchange) => {
        counters.count(exchange);
        usage.count(exchange);
        accessLog.write(exchange);
      },
      failed: ({ correlationId, fault, upstream }, cause) => {
        const level = fault === 'gatewayBug' ? 'error' : 'warn';
        logger[level]({ correlationId, fault, upstream, err: cause }, 'request failed');
      },
    },
    onAnswered: (answered) => {
      counters.countTokenRequest(answered.endpoint, answered.status);
      accessLog.write(answered);
    },
    flush: () => accessLog.flush(),
  };
}
