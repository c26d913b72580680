import type { CompiledSubscription } from '../apis/compiled-catalog.js';
import type { CompiledLimits } from '../apis/compiled-limits.js';
import type { Exchange } from '../pipeline/exchange.js';
import type { Meter } from './meter.js';
import type { Found, MeterMaker } from './meter-maker.js';

interface FoundPlan extends Found {
  readonly tier: string;
  readonly meters: readonly Meter[];
}

interface Plan {
  readonly of: string;
  readonly principal?: string;
  readonly tier: string;
  readonly tenantDomain: string;
}

/**
 * Limits of a subscription: its burst, then its quota. A caller without a subscription has the tier of his certificate or
 * what the API offers to those who need none; he never goes without.
 */
export class PlanMeters {
  /** Of callers without a subscription, by API and caller. */
  readonly #others = new Map<string, Map<string, FoundPlan>>();
  #epoch = 0;

  constructor(private readonly maker: MeterMaker) {}

  find(exchange: Exchange, limits: CompiledLimits, into: Meter[], from: number): number {
    const { subscription } = exchange;
    const meters =
      subscription === undefined
        ? this.#withoutSubscription(exchange, limits)
        : this.#of(subscription, exchange, limits);
    let count = from;
    for (const meter of meters) into[count++] = meter;
    return count;
  }

  #of(subscription: CompiledSubscription, { api }: Exchange, limits: CompiledLimits): readonly Meter[] {
    const known = subscription.meters as FoundPlan | undefined;
    if (known !== undefined && this.maker.isGood(known, limits)) return known.meters;
    const { id, throttlingTier } = subscription;
    const found = this.#plan(limits, { of: id, tier: throttlingTier, tenantDomain: api.tenantDomain });
    subscription.meters = found;
    return found.meters;
  }

  #withoutSubscription(exchange: Exchange, limits: CompiledLimits): readonly Meter[] {
    const { api, application, token, clientCertificate } = exchange;
    // An application's id is a UUID of ours, a user's name has an @, a fingerprint is neither.
    const principal = application?.id ?? (token?.user || token?.clientId || clientCertificate?.thumbprint || 'unknown');
    const { epoch } = this.maker.counters;
    if (epoch !== this.#epoch) this.#others.clear();
    this.#epoch = epoch;
    let plans = this.#others.get(api.id);
    if (plans === undefined) {
      plans = new Map();
      this.#others.set(api.id, plans);
    }
    const tier = clientCertificate?.throttlingTier || api.limits.subscriptionlessTier;
    const known = plans.get(principal);
    if (known !== undefined && known.tier === tier && this.maker.isGood(known, limits)) return known.meters;
    const found = this.#plan(limits, { of: api.id, principal, tier, tenantDomain: api.tenantDomain });
    // Those that share a counter for want of room are not kept: they are as many as like to come.
    if (!found.meters.some(({ counter }) => counter.isOverflow)) plans.set(principal, found);
    return found.meters;
  }

  #plan(limits: CompiledLimits, { tier: name, ...counted }: Plan): FoundPlan {
    const { maker } = this;
    const tier = maker.tiers.find(limits, 'subscription', counted.tenantDomain, name);
    const stops = tier?.stopsAtQuota ?? true;
    const burst = maker.make({ level: 'burst', tier: name, stops: true }, counted, tier?.burst);
    const quota = maker.make({ level: 'subscription', tier: name, stops }, counted, tier?.limit);
    const meters = [burst, quota].filter((meter) => meter !== undefined);
    return { limits, epoch: maker.counters.epoch, meters, tier: name };
  }
}
