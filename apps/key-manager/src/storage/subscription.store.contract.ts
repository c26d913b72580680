import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AlreadyExists, NotFound } from './errors.js';
import { api, application, type Subject, subscription } from './fixtures.contract.js';

export function subscriptionStoreContract({ storage }: Subject): void {
  const subscriptions = () => storage().subscriptions;

  async function parties(change = {}) {
    const [app, offered] = [application(change), api()];
    await storage().applications.createApplication(app);
    await storage().apis.createApi(offered);
    return { app, offered };
  }

  describe('subscriptions', () => {
    it('come back as they were made and changed', async () => {
      const { app, offered } = await parties();
      const made = subscription(app.id, offered.id);
      await subscriptions().createSubscription(made);
      expect(await subscriptions().findSubscription(made.id)).toEqual(made);
      const change = { status: 'TIER_UPDATE_PENDING', requestedThrottlingPolicy: 'Bronze' } as const;
      expect(await subscriptions().updateSubscription(made.id, change)).toEqual({ ...made, ...change });
      expect(await subscriptions().findSubscription(made.id)).toEqual({ ...made, ...change });
      expect(await subscriptions().deleteSubscription(made.id)).toBe(true);
      expect(await subscriptions().deleteSubscription(made.id)).toBe(false);
      await expect(subscriptions().updateSubscription(made.id, change)).rejects.toThrow(NotFound);
    });

    it('are one per application and API, and need both', async () => {
      const { app, offered } = await parties();
      const results = await Promise.allSettled(
        [1, 2].map(() => subscriptions().createSubscription(subscription(app.id, offered.id))),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const make = (applicationId: string, apiId: string) =>
        subscriptions().createSubscription(subscription(applicationId, apiId));
      await expect(make(app.id, offered.id)).rejects.toThrow(AlreadyExists);
      await expect(make('none', offered.id)).rejects.toThrow(NotFound);
      await expect(make(app.id, 'none')).rejects.toThrow(NotFound);
    });

    it('come in pages by application, API and owner', async () => {
      const owner = `${randomBytes(5).toString('hex')}@carbon.super`;
      const [mine, other] = [await parties({ owner }), await parties()];
      const make = async (applicationId: string, apiId: string, createdAt: number) => {
        const made = subscription(applicationId, apiId, { createdAt });
        await subscriptions().createSubscription(made);
        return made.id;
      };
      const one = await make(mine.app.id, mine.offered.id, 3);
      const two = await make(mine.app.id, other.offered.id, 1);
      const three = await make(other.app.id, mine.offered.id, 2);
      const ids = async (by: Partial<Parameters<ReturnType<typeof subscriptions>['listSubscriptions']>[0]>) => {
        const found = await subscriptions().listSubscriptions({ offset: 0, limit: 10, ...by });
        return [found.total, ...found.subscriptions.map(({ id }) => id)];
      };
      expect(await ids({ applicationId: mine.app.id })).toEqual([2, two, one]);
      expect(await ids({ applicationId: mine.app.id, offset: 1, limit: 1 })).toEqual([2, one]);
      expect(await ids({ apiId: mine.offered.id })).toEqual([2, three, one]);
      expect(await ids({ apiId: mine.offered.id, owner })).toEqual([1, one]);
      expect(await ids({ apiId: mine.offered.id, applicationId: other.app.id })).toEqual([1, three]);
      expect(await subscriptions().countSubscriptions(mine.app.id)).toBe(2);
    });

    it('go with their API', async () => {
      const { app, offered } = await parties();
      const made = subscription(app.id, offered.id);
      await subscriptions().createSubscription(made);
      await storage().apis.deleteApi(offered.id);
      expect(await subscriptions().findSubscription(made.id)).toBeUndefined();
    });
  });
}
