import type { CompiledLimits, CompiledRule, RuleAttribute, RuleCondition, RuleTerm } from '../apis/compiled-limits.js';
import type { Exchange } from '../pipeline/exchange.js';
import type { Meter } from './meter.js';
import type { MeterMaker } from './meter-maker.js';

interface FoundRule {
  readonly rule: CompiledRule;
  readonly byKey: Map<string, Meter>;
}

/** Limits that the custom rules put on a call. */
export class CustomRules {
  #limits: CompiledLimits | undefined;
  #epoch = 0;
  #rules: readonly FoundRule[] = [];

  constructor(private readonly maker: MeterMaker) {}

  find(exchange: Exchange, limits: CompiledLimits, into: Meter[], from: number): number {
    const { epoch } = this.maker.counters;
    if (this.#limits !== limits || this.#epoch !== epoch) {
      this.#limits = limits;
      this.#epoch = epoch;
      this.#rules = limits.rules.map((rule) => ({ rule, byKey: new Map<string, Meter>() }));
    }
    let count = from;
    for (const found of this.#rules) {
      if (!isEligible(found.rule.isEligible, exchange)) continue;
      const meter = this.#meter(found, keyOf(found.rule, exchange));
      if (meter !== undefined) into[count++] = meter;
    }
    return count;
  }

  #meter({ rule, byKey }: FoundRule, key: string): Meter | undefined {
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const { id, name, tenantDomain, limit } = rule;
    const kind = { level: 'custom', tier: name, stops: true } as const;
    const meter = this.maker.make(kind, { of: id, principal: key, tenantDomain }, limit);
    if (meter !== undefined && !meter.counter.isOverflow) byKey.set(key, meter);
    return meter;
  }
}

function isEligible(condition: RuleCondition, exchange: Exchange): boolean {
  switch (condition.operator) {
    case 'always':
      return true;
    case 'and':
      return isEligible(condition.left, exchange) && isEligible(condition.right, exchange);
    case 'or':
      return isEligible(condition.left, exchange) || isEligible(condition.right, exchange);
    case 'not':
      return !isEligible(condition.of, exchange);
    case '==':
      return textOf(condition.left, exchange) === textOf(condition.right, exchange);
    case '!=':
      return textOf(condition.left, exchange) !== textOf(condition.right, exchange);
  }
}

/** Put together for eligible calls only, and only where the rule puts several things together. */
function keyOf({ key }: CompiledRule, exchange: Exchange): string {
  let text = '';
  for (const term of key) text += textOf(term, exchange);
  return text;
}

function textOf(term: RuleTerm, exchange: Exchange): string {
  return 'text' in term ? term.text : attributeOf(term.attribute, exchange);
}

function attributeOf(attribute: RuleAttribute, { api, resource, application, token }: Exchange): string {
  switch (attribute) {
    case 'apiContext':
      return api.context;
    case 'apiVersion':
      return api.version;
    case 'apiName':
      return api.name;
    case 'apiTenant':
      return api.tenantDomain;
    case 'appId':
      return application?.id ?? '';
    case 'appTenant':
      return application?.tenantDomain ?? '';
    case 'userId':
      return token?.user || application?.owner || '';
    case 'resourceKey':
      // WSO2 writes it like this.
      return `${api.context}${resource.target}:${resource.verb}`;
  }
}
