import type { Logger } from '@keygate/common/logging';
import { type CompiledLimits, type CompiledTier, type TierLevel, tierKey } from '../apis/compiled-limits.js';

const unlimited = new Set(['Unlimited', 'AsyncUnlimited', 'AsyncWHUnlimited']);

/**
 * What a tier counts as that the catalogue does not have, or whose policy makes no sense: the strictest that its level
 * is born with. Less would let a misspelt name take a limit away; more would be nobody's decision.
 */
const strictest: Readonly<Record<TierLevel, CompiledTier>> = {
  application: perMinute('10PerMin', 10),
  subscription: perMinute('Bronze', 1_000),
  advanced: perMinute('10KPerMin', 10_000),
};

function perMinute(name: string, amount: number): CompiledTier {
  const limit = { unit: 'requests', amount, windowMillis: 60_000 } as const;
  return { name, limit, burst: undefined, stopsAtQuota: true, groups: [] };
}

/** Finds tiers by name; undefined means unlimited. Says once what it does not find. */
export class TierSource {
  readonly #logger: Logger;
  #reported = new Set<string>();
  #reportedFor: CompiledLimits | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  find(limits: CompiledLimits, level: TierLevel, tenantDomain: string, name: string): CompiledTier | undefined {
    const key = tierKey(level, tenantDomain, name);
    const tier = limits.tiers.get(key);
    if (tier !== undefined) return tier;
    // A resource may have no tier; a plan or an application always has one.
    if (unlimited.has(name) || (name === '' && level === 'advanced')) return undefined;
    const instead = strictest[level];
    this.#report(limits, key, { level, tenantDomain, tier: name, instead: instead.name });
    return instead;
  }

  #report(limits: CompiledLimits, key: string, facts: object): void {
    if (this.#reportedFor !== limits) this.#reported = new Set();
    this.#reportedFor = limits;
    if (this.#reported.has(key) || this.#reported.size >= maxReported) return;
    this.#reported.add(key);
    this.#logger.warn(facts, 'a throttling tier is not known; the strictest built-in one is taken instead');
  }
}

const maxReported = 1_000;
