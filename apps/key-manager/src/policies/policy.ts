import type { Quota, WindowLength } from './quota.js';

/** Where a throttling policy applies (WSO2 words). */
export const policyLevels = ['application', 'subscription', 'advanced', 'custom'] as const;
export type PolicyLevel = (typeof policyLevels)[number];
/** Levels whose policies are tiers: something names them and is limited by them. */
export type TierLevel = Exclude<PolicyLevel, 'custom'>;

interface PolicyFacts {
  /** UUID; WSO2: policyId. */
  readonly id: string;
  readonly tenantDomain: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
}

export interface ApplicationPolicy extends PolicyFacts {
  readonly level: 'application';
  readonly defaultLimit: Quota;
}

/** A plan that subscriptions are bought under. */
export interface SubscriptionPolicy extends PolicyFacts {
  readonly level: 'subscription';
  readonly defaultLimit: Quota;
  /** Requests in one short window (WSO2: burst control). 0: no such limit. */
  readonly rateLimitCount: number;
  readonly rateLimitTimeUnit: string | null;
  /** False: over the quota requests still pass and are only counted. */
  readonly stopOnQuotaReach: boolean;
  readonly billingPlan: 'FREE' | 'COMMERCIAL';
  readonly graphQLMaxComplexity: number;
  readonly graphQLMaxDepth: number;
  readonly subscriberCount: number;
  readonly customAttributes: readonly { readonly name: string; readonly value: string }[];
  readonly monetization: MonetizationPlan | null;
  /** Who may subscribe at it; null: everybody. */
  readonly permissions: PolicyPermissions | null;
}

export interface MonetizationPlan {
  readonly monetizationPlan: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface PolicyPermissions {
  readonly permissionType: 'ALLOW' | 'DENY';
  readonly roles: readonly string[];
}

/** A tier of APIs and resources. The first group whose conditions all hold limits a call instead of the default. */
export interface AdvancedPolicy extends PolicyFacts {
  readonly level: 'advanced';
  readonly defaultLimit: Quota;
  readonly conditionalGroups: readonly ConditionalGroup[];
}

export interface ConditionalGroup {
  readonly description: string;
  readonly conditions: readonly PolicyCondition[];
  readonly limit: Quota;
}

/** In the words of the REST API, since it is kept as it came; unused members are left out. */
export type PolicyCondition = { readonly invertCondition: boolean } & (
  | { readonly type: 'IPCONDITION'; readonly ipCondition: IpCondition }
  | {
      readonly type: 'HEADERCONDITION';
      readonly headerCondition: { readonly headerName: string; readonly headerValue: string };
    }
  | {
      readonly type: 'QUERYPARAMETERCONDITION';
      readonly queryParameterCondition: { readonly parameterName: string; readonly parameterValue: string };
    }
  | {
      readonly type: 'JWTCLAIMSCONDITION';
      readonly jwtClaimsCondition: { readonly claimUrl: string; readonly attribute: string };
    }
);

export type IpCondition =
  | { readonly ipConditionType: 'IPSPECIFIC'; readonly specificIP: string }
  | { readonly ipConditionType: 'IPRANGE'; readonly startingIP: string; readonly endingIP: string };

/** A rule of the super tenant over everybody's traffic; no tier, nothing names it. */
export interface CustomRule extends PolicyFacts {
  readonly level: 'custom';
  readonly siddhiQuery: string;
  /** `$apiContext`, `$userId:$apiContext`. */
  readonly keyTemplate: string;
}

export type TierPolicy = ApplicationPolicy | SubscriptionPolicy | AdvancedPolicy;
export type ThrottlingPolicy = TierPolicy | CustomRule;
export type PolicyOf<L extends PolicyLevel> = Extract<ThrottlingPolicy, { readonly level: L }>;

/** The burst limit of a plan, if it has one. */
export function burstOf({ rateLimitCount, rateLimitTimeUnit }: SubscriptionPolicy): BurstLimit | undefined {
  if (rateLimitCount === 0 || rateLimitTimeUnit === null) return undefined;
  return { requestCount: rateLimitCount, timeUnit: rateLimitTimeUnit, unitTime: 1 };
}

export type BurstLimit = WindowLength & { readonly requestCount: number };
