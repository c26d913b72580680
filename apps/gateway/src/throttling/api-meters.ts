import type { CompiledApi, CompiledResource } from '../apis/compiled-catalog.js';
import type { CompiledGroup, CompiledLimits } from '../apis/compiled-limits.js';
import type { Exchange } from '../pipeline/exchange.js';
import { holds } from './conditions.js';
import type { LimitLevel, Meter } from './meter.js';
import type { Found, MeterMaker } from './meter-maker.js';

interface FoundTier {
  readonly byDefault: Meter | undefined;
  readonly groups: readonly { readonly group: CompiledGroup; readonly meter: Meter | undefined }[];
}

interface FoundApi extends Found {
  readonly whole: FoundTier | undefined;
  readonly production: Meter | undefined;
  readonly sandbox: Meter | undefined;
}

interface FoundResource extends Found {
  readonly tier: FoundTier | undefined;
}

/** Limits of an API: what its backends take, then its own advanced tier or else that of the resource. */
export class ApiMeters {
  constructor(private readonly maker: MeterMaker) {}

  find(exchange: Exchange, limits: CompiledLimits, into: Meter[]): number {
    const { api, keyType } = exchange;
    const found = this.#api(api, limits);
    let count = 0;
    const isSandbox = keyType === undefined ? api.production === undefined : keyType === 'SANDBOX';
    const hard = isSandbox ? found.sandbox : found.production;
    if (hard !== undefined) into[count++] = hard;
    const tier = api.limits.throttlingTier === '' ? this.#resource(api, exchange.resource, limits) : found.whole;
    const meter = tier === undefined ? undefined : choose(tier, exchange);
    if (meter !== undefined) into[count++] = meter;
    return count;
  }

  #api(api: CompiledApi, limits: CompiledLimits): FoundApi {
    const known = api.meters as FoundApi | undefined;
    if (known !== undefined && this.maker.isGood(known, limits)) return known;
    const { throttlingTier, production, sandbox } = api.limits;
    const hard = (name: string) => ({ of: `${api.id}|${name}`, tenantDomain: api.tenantDomain });
    const kind = { level: 'hard', tier: undefined, stops: true } as const;
    const found: FoundApi = {
      limits,
      epoch: this.maker.counters.epoch,
      whole: this.#tier('api', api, { limits, tier: throttlingTier, of: api.id }),
      production: this.maker.make(kind, hard('production'), production),
      sandbox: this.maker.make(kind, hard('sandbox'), sandbox),
    };
    api.meters = found;
    return found;
  }

  #resource(api: CompiledApi, resource: CompiledResource, limits: CompiledLimits): FoundTier | undefined {
    const known = resource.meters as FoundResource | undefined;
    if (known !== undefined && this.maker.isGood(known, limits)) return known.tier;
    const of = `${api.id}|${resource.verb} ${resource.target}`;
    const tier = this.#tier('resource', api, { limits, tier: resource.throttlingTier, of });
    const found: FoundResource = { limits, epoch: this.maker.counters.epoch, tier };
    resource.meters = found;
    return tier;
  }

  #tier(
    level: LimitLevel,
    { tenantDomain }: CompiledApi,
    { limits, tier: name, of }: { readonly limits: CompiledLimits; readonly tier: string; readonly of: string },
  ): FoundTier | undefined {
    const tier = this.maker.tiers.find(limits, 'advanced', tenantDomain, name);
    if (tier === undefined) return undefined;
    const kind = { level, tier: name, stops: true };
    return {
      byDefault: this.maker.make(kind, { of, tenantDomain }, tier.limit),
      groups: tier.groups.map((group, index) => ({
        group,
        meter: this.maker.make(kind, { of: `${of}|group ${index}`, tenantDomain }, group.limit),
      })),
    };
  }
}

function choose({ groups, byDefault }: FoundTier, exchange: Exchange): Meter | undefined {
  for (const { group, meter } of groups) if (holds(group, exchange)) return meter;
  return byDefault;
}
