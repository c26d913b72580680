import { EntitySchema } from 'typeorm';
import type { Subscription } from '../../../subscriptions/subscription.js';
import { long, text } from './columns.js';

export const subscriptionEntity = new EntitySchema<Subscription>({
  name: 'subscription',
  tableName: 'subscriptions',
  columns: {
    id: text({ primary: true }),
    tenantDomain: text(),
    applicationId: text(),
    apiId: text(),
    throttlingPolicy: text(),
    requestedThrottlingPolicy: text(),
    status: text(),
    createdAt: long(),
  },
});
