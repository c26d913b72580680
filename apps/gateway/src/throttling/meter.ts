import type { CompiledLimit, LimitUnit } from '../apis/compiled-limits.js';
import type { FaultName } from '../pipeline/gateway-errors.js';
import type { RateLimit } from '../pipeline/ports.js';
import type { Counter } from './counter.js';

/** Where a limit comes from; decides the code a call over it is answered with. */
export type LimitLevel = 'hard' | 'api' | 'resource' | 'burst' | 'subscription' | 'application' | 'custom';

/** In the order in which they are asked (WSO2: ThrottleHandler). */
export const levelFaults = {
  hard: 'hardLimitReached',
  api: 'apiThrottled',
  resource: 'resourceThrottled',
  burst: 'burstThrottled',
  subscription: 'subscriptionThrottled',
  application: 'applicationThrottled',
  custom: 'customRuleThrottled',
} as const satisfies Record<LimitLevel, FaultName>;

/** A limit together with the counter of those it is about. */
export class Meter implements RateLimit {
  readonly amount: number;
  readonly unit: LimitUnit;
  readonly limit: string;

  constructor(
    readonly level: LimitLevel,
    limit: CompiledLimit,
    readonly counter: Counter,
    /** False: calls are only counted. */
    readonly stops: boolean,
    /** The count of all gateways decides, call by call. */
    readonly isStrict: boolean,
  ) {
    this.amount = limit.amount;
    this.unit = limit.unit;
    this.limit = String(limit.amount);
  }

  get remaining(): number {
    return Math.max(0, this.amount - this.counter.used);
  }

  get endsAt(): number {
    return this.counter.endsAt;
  }
}
