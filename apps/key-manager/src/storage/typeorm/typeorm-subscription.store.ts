import type { Clock } from '../../oauth2/ports.js';
import type { Subscription } from '../../subscriptions/subscription.js';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { type Database, unlessTaken } from './database.js';
import { apiEntity } from './entities/api.entity.js';
import { applicationEntity } from './entities/application.entity.js';
import { subscriptionEntity } from './entities/subscription.entity.js';
import { appendCatalog } from './feed-numbers.js';

const keyShare = { mode: 'for_key_share' } as const;

export class TypeOrmSubscriptionStore implements SubscriptionStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async createSubscription(subscription: Subscription): Promise<void> {
    assertStorable(subscription);
    const { id, applicationId, apiId } = subscription;
    const work = this.db.transaction(async (session) => {
      const select = { id: true } as const;
      const application = { select, where: { id: applicationId }, lock: keyShare };
      if ((await session.table(applicationEntity).findOne(application)) === null) {
        throw new NotFound(`application ${applicationId}`);
      }
      const api = { select, where: { id: apiId }, lock: keyShare };
      if ((await session.table(apiEntity).findOne(api)) === null) throw new NotFound(`API ${apiId}`);
      await session.table(subscriptionEntity).insert(subscription);
      await appendCatalog(session, this.clock.now(), [{ entity: 'subscription', id }]);
    });
    await unlessTaken(`subscription of ${applicationId} to ${apiId}`, work);
  }

  async findSubscription(id: string): Promise<Subscription | undefined> {
    const row = await this.db.find(null, (session) => session.table(subscriptionEntity).findOneBy({ id }));
    return row ?? undefined;
  }

  async listSubscriptions(by: Parameters<SubscriptionStore['listSubscriptions']>[0]) {
    const [subscriptions, total] = await this.db.find<[Subscription[], number]>([[], 0], (session) => {
      const query = session.table(subscriptionEntity).createQueryBuilder('s');
      if (by.apiId !== undefined) query.andWhere('s.apiId = :apiId', by);
      if (by.applicationId !== undefined) query.andWhere('s.applicationId = :applicationId', by);
      if (by.owner !== undefined) {
        const owned = 'exists (select from applications a where a.id = s.application_id and a.owner = :owner)';
        query.andWhere(owned, { owner: by.owner });
      }
      query.orderBy('s.createdAt').addOrderBy('s.id');
      return query.offset(by.offset).limit(by.limit).getManyAndCount();
    });
    return { subscriptions, total };
  }

  countSubscriptions(applicationId: string): Promise<number> {
    return this.db.find(0, (session) => session.table(subscriptionEntity).countBy({ applicationId }));
  }

  updateSubscription(
    id: string,
    change: Parameters<SubscriptionStore['updateSubscription']>[1],
  ): Promise<Subscription> {
    assertStorable(change);
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const before = await session.table(subscriptionEntity).findOne({ where: { id }, lock });
      if (before === null) throw new NotFound(`subscription ${id}`);
      const after = { ...before, ...change };
      await session.table(subscriptionEntity).update({ id }, after);
      await appendCatalog(session, this.clock.now(), [{ entity: 'subscription', id }]);
      return after;
    });
  }

  deleteSubscription(id: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(subscriptionEntity).delete({ id });
      if (affected !== 1) return false;
      await appendCatalog(session, this.clock.now(), [{ entity: 'subscription', id }]);
      return true;
    });
  }
}
