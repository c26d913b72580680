import type { Subscription } from '../../subscriptions/subscription.js';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.js';
import { AlreadyExists, NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { inOrder, type MemoryDatabase } from './memory-database.js';

export class MemorySubscriptionStore implements SubscriptionStore {
  constructor(private readonly db: MemoryDatabase) {}

  async createSubscription(subscription: Subscription): Promise<void> {
    assertStorable(subscription);
    const { id, applicationId, apiId } = subscription;
    if (!this.db.applications.has(applicationId)) throw new NotFound(`application ${applicationId}`);
    if (!this.db.apis.has(apiId)) throw new NotFound(`API ${apiId}`);
    const taken = [...this.db.subscriptions.values()].some(
      (other) => other.id === id || (other.applicationId === applicationId && other.apiId === apiId),
    );
    if (taken) throw new AlreadyExists(`subscription of ${applicationId} to ${apiId}`);
    this.db.subscriptions.set(id, { ...subscription });
    this.db.appendCatalog('subscription', id);
  }

  async findSubscription(id: string): Promise<Subscription | undefined> {
    return this.db.subscriptions.get(id);
  }

  async listSubscriptions(by: Parameters<SubscriptionStore['listSubscriptions']>[0]) {
    const all = [...this.db.subscriptions.values()]
      .filter(({ apiId }) => apiId === (by.apiId ?? apiId))
      .filter(({ applicationId }) => applicationId === (by.applicationId ?? applicationId))
      .filter(({ applicationId }) => {
        return by.owner === undefined || this.db.applications.get(applicationId)?.owner === by.owner;
      })
      .sort((a, b) => a.createdAt - b.createdAt || inOrder(a.id, b.id));
    return { subscriptions: all.slice(by.offset, by.offset + by.limit), total: all.length };
  }

  async countSubscriptions(applicationId: string): Promise<number> {
    return [...this.db.subscriptions.values()].filter((row) => row.applicationId === applicationId).length;
  }

  async updateSubscription(id: string, change: Parameters<SubscriptionStore['updateSubscription']>[1]) {
    assertStorable(change);
    const before = this.db.subscriptions.get(id);
    if (before === undefined) throw new NotFound(`subscription ${id}`);
    const after = { ...before, ...change };
    this.db.subscriptions.set(id, after);
    this.db.appendCatalog('subscription', id);
    return after;
  }

  async deleteSubscription(id: string): Promise<boolean> {
    const deleted = this.db.subscriptions.delete(id);
    if (deleted) this.db.appendCatalog('subscription', id);
    return deleted;
  }
}
