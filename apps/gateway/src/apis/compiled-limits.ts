import type { AddressRange } from './address.js';

/** What a limit counts: calls, bytes of request payload, or events of a stream. */
export type LimitUnit = 'requests' | 'bytes' | 'events';

export interface CompiledLimit {
  readonly unit: LimitUnit;
  /** In one window. */
  readonly amount: number;
  readonly windowMillis: number;
}

/** Levels of the key manager's policies; every tier has one, and a name within it and its tenant. */
export type TierLevel = 'application' | 'subscription' | 'advanced';

export interface CompiledTier {
  readonly name: string;
  /** Undefined: unlimited. */
  readonly limit: CompiledLimit | undefined;
  readonly burst: CompiledLimit | undefined;
  /** False: over the quota calls are only counted. */
  readonly stopsAtQuota: boolean;
  /** The first whose conditions all hold limits the call instead of `limit`. */
  readonly groups: readonly CompiledGroup[];
}

export interface CompiledGroup {
  readonly conditions: readonly CompiledCondition[];
  readonly limit: CompiledLimit | undefined;
}

export type CompiledCondition = { readonly invert: boolean } & (
  | { readonly kind: 'address'; readonly range: AddressRange }
  | { readonly kind: 'header' | 'query' | 'claim'; readonly name: string; matches(value: string): boolean }
);

/** What a custom rule may ask about a call (attributes of WSO2's RequestStream). */
export type RuleAttribute =
  | 'apiContext'
  | 'apiVersion'
  | 'apiName'
  | 'apiTenant'
  | 'appId'
  | 'appTenant'
  | 'userId'
  | 'resourceKey';

export type RuleTerm = { readonly attribute: RuleAttribute } | { readonly text: string };

export type RuleCondition =
  | { readonly operator: 'and' | 'or'; readonly left: RuleCondition; readonly right: RuleCondition }
  | { readonly operator: 'not'; readonly of: RuleCondition }
  | { readonly operator: '==' | '!='; readonly left: RuleTerm; readonly right: RuleTerm }
  | { readonly operator: 'always' };

/** Calls that are eligible are counted by the value of the key, and refused once there are too many of one value. */
export interface CompiledRule {
  readonly id: string;
  readonly name: string;
  readonly tenantDomain: string;
  readonly isEligible: RuleCondition;
  /** Its texts one behind the other. */
  readonly key: readonly RuleTerm[];
  readonly limit: CompiledLimit;
}

/** All policies of the catalogue. Another object only when one of them changed, so its identity says "unchanged". */
export interface CompiledLimits {
  /** By `tierKey`. */
  readonly tiers: ReadonlyMap<string, CompiledTier>;
  readonly rules: readonly CompiledRule[];
  readonly problems: readonly string[];
}

export function tierKey(level: TierLevel, tenantDomain: string, name: string): string {
  return `${level}\n${tenantDomain}\n${name}`;
}

/** Limits of one API beside its tiers. */
export interface CompiledApiLimits {
  /** Advanced tier of all resources together; empty: each resource has its own. */
  readonly throttlingTier: string;
  /** What the backends take. */
  readonly production: CompiledLimit | undefined;
  readonly sandbox: CompiledLimit | undefined;
  /** Subscription tier of calls without a subscription. */
  readonly subscriptionlessTier: string;
}

/** Whom deny policies name. */
export interface CompiledDenials {
  /** By `deniedApi`. */
  readonly apis: ReadonlySet<string>;
  /** `<full owner>:<name>`. */
  readonly applications: ReadonlySet<string>;
  /** Full user names. */
  readonly users: ReadonlySet<string>;
  /** By tenant of the API. */
  readonly addresses: ReadonlyMap<string, readonly DeniedRange[]>;
}

/** An API is denied by an administrator of its own tenant only. */
export function deniedApi(tenantDomain: string, context: string): string {
  return `${tenantDomain} ${context}`;
}

export interface DeniedRange {
  readonly range: AddressRange;
  /** Everybody else is denied. */
  readonly invert: boolean;
}
