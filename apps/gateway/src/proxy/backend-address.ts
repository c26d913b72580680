import type { Upstream } from '../apis/compiled-catalog.js';
import type { CircuitBreaker } from './circuit-breaker.js';

/** One address of an endpoint and how it is doing. */
export class BackendAddress {
  /** Calls under way to it from this endpoint. */
  active = 0;
  /** Of the weighted choice. */
  credit = 0;
  /** False while its health checks fail. */
  isWell = true;

  constructor(
    readonly upstream: Upstream,
    readonly weight: number,
    readonly breaker: CircuitBreaker,
    /** Value of the cookie that holds clients to it. */
    readonly stickyValue: string | undefined,
  ) {}
}
