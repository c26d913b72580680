import { z } from 'zod';
import { accessibleApi } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import type { ApplicationStore } from '../../applications/application-store.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import { Refusal } from '../../refusal.js';
import { requirePlan } from '../../subscriptions/subscribe.js';
import type { Subscription } from '../../subscriptions/subscription.js';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.js';
import { displayUserName, parseUserName } from '../../users/user-name.js';
import type { UserStore } from '../../users/user-store.js';
import { isUuid } from '../../uuid.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { inTurn, listAnswer, listOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';

export interface SubscriptionRoutePorts {
  readonly apis: ApiStore;
  readonly applications: Pick<ApplicationStore, 'findApplication'>;
  readonly subscriptions: SubscriptionStore;
  readonly policies: Pick<PolicyStore, 'findPolicy'>;
  readonly users: Pick<UserStore, 'findUser'>;
}

const subscriptionAnswer = z.object({
  subscriptionId: z.string(),
  applicationInfo: z.looseObject({ applicationId: z.string(), name: z.string(), subscriber: z.string() }),
  throttlingPolicy: z.string(),
  subscriptionStatus: z.string(),
});

const blocking = token('subscription_block', 'subscription_manage', 'api_manage');
const bySubscription = z.string().min(1).max(64);

/** Subscriptions as those see them whose API it is. */
export function subscriptionRoutes(ports: SubscriptionRoutePorts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/subscriptions',
      summary: 'Who is subscribed to an API.',
      access: token('subscription_view', 'subscription_manage', 'api_manage'),
      query: z.object({ apiId: z.string().min(1).max(64), ...pageQuery }),
      answer: listAnswer(subscriptionAnswer),
      async handle(caller, { query: { apiId, ...page } }) {
        const api = await accessibleApi(ports.apis, caller, apiId);
        const found = await ports.subscriptions.listSubscriptions({ apiId: api.id, ...page });
        const list = await inTurn(found.subscriptions, (each) => view(ports, each));
        return listOf(list, found.total, page);
      },
    }),
    route({
      method: 'POST',
      path: '/subscriptions/block-subscription',
      summary: 'Blocks a subscription.',
      access: blocking,
      query: z.object({ subscriptionId: bySubscription, blockState: z.enum(['BLOCKED', 'PROD_ONLY_BLOCKED']) }),
      answer: subscriptionAnswer,
      audit: audited('subscription.blocked', 'query.subscriptionId', { state: 'query.blockState' }),
      handle: (caller, { query }) => setStatus(ports, caller, query.subscriptionId, query.blockState),
    }),
    route({
      method: 'POST',
      path: '/subscriptions/unblock-subscription',
      summary: 'Lets a blocked subscription go on.',
      access: blocking,
      query: z.object({ subscriptionId: bySubscription }),
      answer: subscriptionAnswer,
      audit: audited('subscription.unblocked', 'query.subscriptionId'),
      handle: (caller, { query }) => setStatus(ports, caller, query.subscriptionId, 'UNBLOCKED'),
    }),
    changePlanRoute(ports),
  ];
}

function changePlanRoute(ports: SubscriptionRoutePorts): Route {
  return route({
    method: 'POST',
    path: '/subscriptions/change-business-plan',
    summary: 'Moves a subscription to another plan of the API.',
    access: blocking,
    query: z.object({ subscriptionId: bySubscription, businessPlan: z.string().trim().min(1).max(60) }),
    answer: subscriptionAnswer,
    audit: audited('subscription.changed', 'query.subscriptionId', { policy: 'query.businessPlan' }),
    async handle(caller, { query: { subscriptionId, businessPlan } }) {
      const { subscription, api } = await find(ports, caller, subscriptionId);
      await requirePlan(ports, api, await rolesOfSubscriber(ports, subscription), businessPlan);
      const change = { throttlingPolicy: businessPlan, requestedThrottlingPolicy: businessPlan };
      return view(ports, await ports.subscriptions.updateSubscription(subscription.id, change));
    },
  });
}

/** The plan has to be one that the subscriber could have chosen. */
async function rolesOfSubscriber(ports: SubscriptionRoutePorts, { applicationId }: Subscription) {
  const application = await ports.applications.findApplication(applicationId);
  const owner = application && (await ports.users.findUser(parseUserName(application.owner)));
  return owner?.roles ?? [];
}

async function setStatus(ports: SubscriptionRoutePorts, caller: Caller, id: string, status: Subscription['status']) {
  const { subscription } = await find(ports, caller, id);
  return view(ports, await ports.subscriptions.updateSubscription(subscription.id, { status }));
}

/** The subscription, if the caller may work on its API. */
async function find(ports: SubscriptionRoutePorts, caller: Caller, id: string) {
  const subscription = isUuid(id) ? await ports.subscriptions.findSubscription(id) : undefined;
  const api = subscription && (await ports.apis.findApi(subscription.apiId));
  if (!api || api.tenantDomain !== caller.tenantDomain) {
    throw new Refusal('subscription_not_found', `Subscription with id ${id} not found`);
  }
  return { subscription, api: await accessibleApi(ports.apis, caller, api.id) };
}

async function view(ports: SubscriptionRoutePorts, subscription: Subscription) {
  const application = await ports.applications.findApplication(subscription.applicationId);
  return {
    subscriptionId: subscription.id,
    applicationInfo: {
      applicationId: subscription.applicationId,
      name: application?.name ?? '',
      subscriber: application ? displayUserName(application.owner) : '',
    },
    throttlingPolicy: subscription.throttlingPolicy,
    subscriptionStatus: subscription.status,
  };
}
