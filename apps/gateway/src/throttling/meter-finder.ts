import type { CompiledLimits } from '../apis/compiled-limits.js';
import type { Exchange } from '../pipeline/exchange.js';
import { ApiMeters } from './api-meters.js';
import { CustomRules } from './custom-rules.js';
import type { Meter } from './meter.js';
import type { MeterMaker } from './meter-maker.js';
import { PlanMeters } from './plan-meters.js';
import { UserMeters } from './user-meters.js';

/**
 * Finds the limits of a call. What belongs to an API, a resource, a subscription or an application is kept on the
 * compiled object itself, so that a call builds no key; a user is looked up in a map of his application.
 */
export class MeterFinder {
  readonly users: UserMeters;
  readonly #apis: ApiMeters;
  readonly #plans: PlanMeters;
  readonly #rules: CustomRules;

  constructor(maker: MeterMaker) {
    this.users = new UserMeters(maker);
    this.#apis = new ApiMeters(maker);
    this.#plans = new PlanMeters(maker);
    this.#rules = new CustomRules(maker);
  }

  /** Puts the meters of a call into `into`, in the order in which they are asked, and answers how many there are. */
  find(exchange: Exchange, limits: CompiledLimits, into: Meter[]): number {
    const { application, token } = exchange;
    let count = this.#apis.find(exchange, limits, into);
    if (token !== undefined) {
      count = this.#plans.find(exchange, limits, into, count);
      if (application !== undefined) {
        // An application that calls for itself is its owner (WSO2).
        const meter = this.users.of(limits, application, token.user || application.owner);
        if (meter !== undefined) into[count++] = meter;
      }
    }
    return limits.rules.length === 0 ? count : this.#rules.find(exchange, limits, into, count);
  }
}
