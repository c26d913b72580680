import type { CompiledApplication } from '../apis/compiled-catalog.js';
import type { CompiledLimits, CompiledTier } from '../apis/compiled-limits.js';
import type { Meter } from './meter.js';
import type { Found, MeterMaker } from './meter-maker.js';

interface FoundApplication extends Found {
  readonly tier: CompiledTier | undefined;
  readonly byUser: Map<string, Meter>;
}

/** The limit of an application, which each of its users has to himself. */
export class UserMeters {
  constructor(private readonly maker: MeterMaker) {}

  /** `user`: who calls, the application's owner when it calls for itself. */
  of(limits: CompiledLimits, application: CompiledApplication, user: string): Meter | undefined {
    const { tier, byUser } = this.#application(limits, application);
    if (tier === undefined) return undefined;
    const known = byUser.get(user);
    if (known !== undefined) return known;
    const kind = { level: 'application', tier: tier.name, stops: true } as const;
    const { id, tenantDomain } = application;
    const meter = this.maker.make(kind, { of: id, principal: user, tenantDomain }, tier.limit);
    if (meter !== undefined && !meter.counter.isOverflow) byUser.set(user, meter);
    return meter;
  }

  #application(limits: CompiledLimits, application: CompiledApplication): FoundApplication {
    const known = application.meters as FoundApplication | undefined;
    if (known !== undefined && this.maker.isGood(known, limits)) return known;
    const { tenantDomain, throttlingTier } = application;
    const tier = this.maker.tiers.find(limits, 'application', tenantDomain, throttlingTier);
    const found = { limits, epoch: this.maker.counters.epoch, tier, byUser: new Map<string, Meter>() };
    application.meters = found;
    return found;
  }
}

/** What counters of an application's users are called by. */
export function userCounters(applicationId: string): string {
  return `application|${applicationId}|`;
}
