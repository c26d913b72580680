/** The right of an application to call an API at a tier (WSO2). */
export interface Subscription {
  readonly id: string;
  readonly tenantDomain: string;
  readonly applicationId: string;
  readonly apiId: string;
  readonly throttlingPolicy: string;
  readonly requestedThrottlingPolicy: string;
  readonly status: SubscriptionStatus;
  readonly createdAt: number;
}

export type SubscriptionStatus =
  | 'UNBLOCKED'
  | 'BLOCKED'
  | 'PROD_ONLY_BLOCKED'
  | 'ON_HOLD'
  | 'REJECTED'
  | 'TIER_UPDATE_PENDING';
