import type { Registry } from '@keygate/common/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';

/** What the key manager counts. Labels come from closed lists: a label made of input would fill the memory. */
export interface Metrics {
  /** By endpoint, `grant_type` where there is one, and result: `ok` or the error code. Holds client auth failures. */
  readonly requests: Counter<'endpoint' | 'grant_type' | 'result'>;
  readonly validations: Counter<'state'>;
  /** Open streams to gateways. */
  readonly streams: Gauge<'service'>;
  /** From the revocation to its publication on Redis. */
  readonly revocationLag: Histogram;
  readonly sweptRows: Counter;
  /** For how long the first row that may go has been waiting for the janitor. */
  readonly sweepBacklog: Gauge;
  /** By reason: `wrong`, `login_delay`, `network_delay`. */
  readonly refusedLogins: Counter<'reason'>;
}

export interface PasswordQueue {
  readonly running: number;
  readonly waiting: number;
}

export function createMetrics(registry: Registry, passwords: PasswordQueue): Metrics {
  const registers = [registry];
  new Gauge({
    name: 'keygate_password_checks',
    help: 'Password checks under way and waiting.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'running' }, passwords.running);
      this.set({ state: 'waiting' }, passwords.waiting);
    },
  });
  return {
    requests: new Counter({
      name: 'keygate_oauth2_requests_total',
      help: 'Requests to the authorization server by endpoint, grant type and result.',
      labelNames: ['endpoint', 'grant_type', 'result'],
      registers,
    }),
    validations: new Counter({
      name: 'keygate_token_validations_total',
      help: 'Access tokens looked up for gateways, by what became of it.',
      labelNames: ['state'],
      registers,
    }),
    streams: new Gauge({
      name: 'keygate_streams',
      help: 'Open streams to gateways.',
      labelNames: ['service'],
      registers,
    }),
    revocationLag: new Histogram({
      name: 'keygate_revocation_lag_seconds',
      help: 'Time from a revocation to its publication on Redis.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
      registers,
    }),
    sweptRows: new Counter({
      name: 'keygate_swept_rows_total',
      help: 'Expired rows that the janitor deleted.',
      registers,
    }),
    sweepBacklog: new Gauge({
      name: 'keygate_sweep_backlog_seconds',
      help: 'For how long the first expired row has been waiting for the janitor.',
      registers,
    }),
    refusedLogins: new Counter({
      name: 'keygate_refused_logins_total',
      help: 'Logins with a wrong name or password, and logins refused unchecked because of earlier ones.',
      labelNames: ['reason'],
      registers,
    }),
  };
}
