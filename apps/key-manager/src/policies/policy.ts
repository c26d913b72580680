/** Where a throttling tier applies (WSO2 words). */
export type PolicyLevel = 'application' | 'subscription' | 'advanced';

/** A throttling tier of a tenant. `quota` absent means unlimited. */
export interface ThrottlingPolicy {
  /** UUID; WSO2: policyId. */
  readonly id: string;
  readonly tenantDomain: string;
  readonly level: PolicyLevel;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly quota?: { readonly requestCount: number; readonly unitTime: number; readonly timeUnit: string } | undefined;
  readonly stopOnQuotaReach: boolean;
  readonly billingPlan: 'FREE' | 'COMMERCIAL';
}

export const PolicyStore = Symbol('PolicyStore');
export interface PolicyStore {
  listPolicies(tenantDomain: string, level: PolicyLevel): Promise<ThrottlingPolicy[]>;
  findPolicy(tenantDomain: string, level: PolicyLevel, name: string): Promise<ThrottlingPolicy | undefined>;
  /** Adds those that are missing by level and name; leaves the others as they are. */
  seedPolicies(policies: readonly ThrottlingPolicy[]): Promise<void>;
}
