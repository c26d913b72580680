import {
  type ConditionalGroup,
  type Limit,
  LimitUnit as ProtoUnit,
  type ThrottlingCondition,
  ThrottlingLevel,
  type ThrottlingPolicy,
} from '@keygate/proto/keymanager/v1/catalog';
import { RE2JS } from 're2js';
import { addressRange } from './address.js';
import type { CatalogEntities } from './catalog-entities.js';
import {
  type CompiledCondition,
  type CompiledGroup,
  type CompiledLimit,
  type CompiledLimits,
  type CompiledRule,
  type CompiledTier,
  type LimitUnit,
  type TierLevel,
  tierKey,
} from './compiled-limits.js';
import { parseCustomRule } from './custom-rule.js';
import { sameValues } from './same-values.js';

/** The limits of all policies; the same object again while no policy has changed. */
export function compileLimits({ throttlingPolicies }: CatalogEntities, problems: string[]): CompiledLimits {
  let known = compiledLimits.get(throttlingPolicies);
  if (known === undefined || !sameValues(known.from, throttlingPolicies)) {
    const from = [...throttlingPolicies.values()];
    known = { from, limits: limitsOf(from) };
    compiledLimits.set(throttlingPolicies, known);
  }
  problems.push(...known.limits.problems);
  return known.limits;
}

const compiledLimits = new WeakMap<
  ReadonlyMap<string, ThrottlingPolicy>,
  { readonly from: readonly ThrottlingPolicy[]; readonly limits: CompiledLimits }
>();

const levels = new Map<ThrottlingLevel, TierLevel>([
  [ThrottlingLevel.THROTTLING_LEVEL_APPLICATION, 'application'],
  [ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION, 'subscription'],
  [ThrottlingLevel.THROTTLING_LEVEL_ADVANCED, 'advanced'],
]);

function limitsOf(policies: readonly ThrottlingPolicy[]): CompiledLimits {
  const tiers = new Map<string, CompiledTier>();
  const rules: CompiledRule[] = [];
  const problems: string[] = [];
  for (const policy of policies) {
    const level = levels.get(policy.level);
    try {
      if (level !== undefined) tiers.set(tierKey(level, policy.tenantDomain, policy.name), compileTier(policy));
      else if (policy.level === ThrottlingLevel.THROTTLING_LEVEL_CUSTOM) rules.push(compileRule(policy));
    } catch (error) {
      problems.push(`policy ${policy.name} of ${policy.tenantDomain}: ${(error as Error).message}`);
    }
  }
  return { tiers, rules, problems };
}

function compileTier(policy: ThrottlingPolicy): CompiledTier {
  return {
    name: policy.name,
    limit: compileLimit(policy.defaultLimit),
    burst: compileLimit(policy.burst),
    // Only plans for subscribers can say that over the quota calls still pass.
    stopsAtQuota: policy.stopOnQuotaReach || policy.level !== ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION,
    groups: policy.conditionalGroups.map(compileGroup),
  };
}

const units = new Map<ProtoUnit, LimitUnit>([
  [ProtoUnit.LIMIT_UNIT_REQUESTS, 'requests'],
  [ProtoUnit.LIMIT_UNIT_BYTES, 'bytes'],
  [ProtoUnit.LIMIT_UNIT_EVENTS, 'events'],
]);

/** Throws for a limit that cannot be counted; its tier is then unknown, and unknown tiers are limited strictly. */
export function compileLimit(limit: Limit | undefined): CompiledLimit | undefined {
  if (limit === undefined) return undefined;
  const unit = units.get(limit.unit);
  if (unit === undefined) throw new Error('it counts something this gateway does not know');
  if (!(limit.windowMillis >= 1_000)) throw new Error('its window is shorter than a second');
  return { unit, amount: limit.amount, windowMillis: limit.windowMillis };
}

function compileGroup({ conditions, limit }: ConditionalGroup): CompiledGroup {
  return { conditions: conditions.map(compileCondition), limit: compileLimit(limit) };
}

function compileCondition({ invert, condition }: ThrottlingCondition): CompiledCondition {
  switch (condition?.$case) {
    case 'ip':
      return { kind: 'address', invert, range: rangeOf(condition.ip, condition.ip) };
    case 'ipRange':
      return { kind: 'address', invert, range: rangeOf(condition.ipRange.first, condition.ipRange.last) };
    case 'header': {
      const { name, pattern } = condition.header;
      return { kind: 'header', invert, name: name.toLowerCase(), matches: matcherOf(pattern) };
    }
    case 'queryParameter': {
      const { name, pattern } = condition.queryParameter;
      return { kind: 'query', invert, name, matches: matcherOf(pattern) };
    }
    case 'jwtClaim': {
      const { name, pattern } = condition.jwtClaim;
      return { kind: 'claim', invert, name, matches: matcherOf(pattern) };
    }
    default:
      throw new Error('it has a condition this gateway does not know');
  }
}

function rangeOf(first: string, last: string) {
  const range = addressRange(first, last);
  if (range === undefined) throw new Error(`${first} to ${last} is no range of addresses`);
  return range;
}

const plainText = /^[\w\s/@:,;=~!"'%&<>#-]*$/;

/** Linear in the length of the value: an administrator's pattern must not let a client's header hold the gateway up. */
function matcherOf(pattern: string): (value: string) => boolean {
  if (plainText.test(pattern)) return (value) => value === pattern;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch {
    throw new Error('one of its patterns cannot be read');
  }
  return (value) => compiled.matches(value);
}

function compileRule({ id, name, tenantDomain, siddhiQuery, keyTemplate }: ThrottlingPolicy): CompiledRule {
  return { id, name, tenantDomain, ...parseCustomRule(siddhiQuery, keyTemplate) };
}
