import type { Subscription } from './subscription.js';

export const SubscriptionStore = Symbol('SubscriptionStore');
/** Subscriptions. What gateways must know is appended to the catalogue in the same transaction. */
export interface SubscriptionStore {
  /** Throws `AlreadyExists` when the application has one to the API, `NotFound` when either is gone. */
  createSubscription(subscription: Subscription): Promise<void>;
  findSubscription(id: string): Promise<Subscription | undefined>;
  /**
   * By API, by application or by both (at least one is given), in order of creation; `owner` keeps those of one
   * user's applications.
   */
  listSubscriptions(by: {
    apiId?: string;
    applicationId?: string;
    owner?: string;
    offset: number;
    limit: number;
  }): Promise<{ subscriptions: Subscription[]; total: number }>;
  countSubscriptions(applicationId: string): Promise<number>;
  /** Throws `NotFound`. */
  updateSubscription(
    id: string,
    change: Partial<Pick<Subscription, 'throttlingPolicy' | 'requestedThrottlingPolicy' | 'status'>>,
  ): Promise<Subscription>;
  deleteSubscription(id: string): Promise<boolean>;
}
