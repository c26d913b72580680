import type { PolicyLevel, PolicyOf, ThrottlingPolicy } from './policy.js';

export const PolicyStore = Symbol('PolicyStore');
/** Throttling policies. What gateways must know is appended to the catalogue in the same transaction. */
export interface PolicyStore {
  /** In order of name. */
  listPolicies<L extends PolicyLevel>(tenantDomain: string, level: L): Promise<PolicyOf<L>[]>;
  findPolicy<L extends PolicyLevel>(tenantDomain: string, level: L, name: string): Promise<PolicyOf<L> | undefined>;
  /** In whatever tenant it is. */
  findPolicyById(id: string): Promise<ThrottlingPolicy | undefined>;
  /** Throws `AlreadyExists` for the same name at the same level. */
  createPolicy(policy: ThrottlingPolicy): Promise<void>;
  /** Tenant, level and name stay; false when there is none to change. */
  updatePolicy(policy: ThrottlingPolicy): Promise<boolean>;
  /**
   * `used` and nothing deleted while something is limited by it: an application, a subscription, or an API or resource
   * as it is or as it is deployed.
   */
  deletePolicy(policy: ThrottlingPolicy): Promise<'deleted' | 'used' | 'missing'>;
  /** Tells gateways to count anew what a user (full name) did by an application, at the application's own tier. */
  resetCounters(applicationId: string, user: string): Promise<void>;
}

/** How a reset stands in the feed of changes: it is kept nowhere else. Neither part holds a line feed. */
export const resetId = (applicationId: string, user: string): string => `${applicationId}\n${user}`;

export function parseResetId(id: string): { applicationId: string; user: string } {
  const [applicationId = '', user = ''] = id.split('\n');
  return { applicationId, user };
}
