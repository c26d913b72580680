import { z } from 'zod';
import type { Api } from '../../apis/api.js';
import type { ApiStore } from '../../apis/api-store.js';
import type { Application } from '../../applications/application.js';
import type { ApplicationStore } from '../../applications/application-store.js';
import { ownApplication } from '../../applications/applications.js';
import { Refusal } from '../../refusal.js';
import { requirePlan, type SubscriptionPorts, subscribe } from '../../subscriptions/subscribe.js';
import type { Subscription } from '../../subscriptions/subscription.js';
import { displayUserName } from '../../users/user-name.js';
import { isUuid } from '../../uuid.js';
import { prefixes } from '../prefixes.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { inTurn, listAnswer, listOf, pageQuery } from '../rest/page.js';
import { Answer, type Route, route } from '../rest/route.js';

export interface SubscriptionRoutePorts extends SubscriptionPorts {
  readonly applications: ApplicationStore;
  readonly apis: ApiStore;
}

const access = token('subscribe', 'sub_manage');
const one = '/subscriptions/{subscriptionId}';

const newSubscription = z.object({
  applicationId: z.string().max(64),
  apiId: z.string().max(64),
  throttlingPolicy: z.string().min(1).max(255),
});

const subscriptionAnswer = z.object({
  subscriptionId: z.string(),
  applicationId: z.string(),
  apiId: z.string(),
  apiInfo: z.looseObject({ id: z.string(), name: z.string(), version: z.string(), context: z.string() }).nullable(),
  applicationInfo: z.looseObject({ applicationId: z.string(), name: z.string() }),
  throttlingPolicy: z.string(),
  requestedThrottlingPolicy: z.string(),
  status: z.string(),
});

export function subscriptionRoutes(ports: SubscriptionRoutePorts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/subscriptions',
      summary: 'Subscribes an own application to an API.',
      access,
      body: newSubscription,
      status: 201,
      answer: subscriptionAnswer,
      audit: audited('subscription.created', 'answer.subscriptionId', {
        application: 'body.applicationId',
        api: 'body.apiId',
        policy: 'body.throttlingPolicy',
      }),
      async handle(caller, { body }) {
        const application = await ownApplication(ports.applications, caller, body.applicationId);
        const made = await subscribe(ports, caller, application, body);
        return new Answer(view(made, application, await ports.apis.findApi(made.apiId)), {
          headers: { Location: `${prefixes.devportal}/subscriptions/${made.id}` },
        });
      },
    }),
    listRoute(ports),
    route({
      method: 'GET',
      path: one,
      summary: 'One subscription of an own application.',
      access,
      answer: subscriptionAnswer,
      async handle(caller, { parameters }) {
        const { subscription, application } = await own(ports, caller, parameters.subscriptionId);
        return view(subscription, application, await ports.apis.findApi(subscription.apiId));
      },
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Moves a subscription to another plan of the API.',
      access,
      body: z.object({ throttlingPolicy: z.string().min(1).max(255) }),
      answer: subscriptionAnswer,
      audit: audited('subscription.changed', 'path.subscriptionId', { policy: 'body.throttlingPolicy' }),
      async handle(caller, { parameters, body: { throttlingPolicy } }) {
        const { subscription, application } = await own(ports, caller, parameters.subscriptionId);
        const api = await ports.apis.findApi(subscription.apiId);
        if (!api) throw notFound(parameters.subscriptionId);
        await requirePlan(ports, api, caller.roles, throttlingPolicy);
        const change = { throttlingPolicy, requestedThrottlingPolicy: throttlingPolicy };
        return view(await ports.subscriptions.updateSubscription(subscription.id, change), application, api);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Ends a subscription.',
      access,
      audit: audited('subscription.deleted', 'path.subscriptionId'),
      async handle(caller, { parameters }) {
        const { subscription } = await own(ports, caller, parameters.subscriptionId);
        await ports.subscriptions.deleteSubscription(subscription.id);
      },
    }),
  ];
}

function listRoute(ports: SubscriptionRoutePorts): Route {
  return route({
    method: 'GET',
    path: '/subscriptions',
    summary: 'Subscriptions of own applications, by API, by application or by both.',
    access,
    query: z.object({
      apiId: z.string().max(64).optional(),
      applicationId: z.string().max(64).optional(),
      ...pageQuery,
    }),
    answer: listAnswer(subscriptionAnswer),
    async handle(caller, { query: { apiId, applicationId, ...page } }) {
      if (!apiId && !applicationId) throw new Refusal('invalid', 'Either applicationId or apiId is needed');
      if (applicationId) await ownApplication(ports.applications, caller, applicationId);
      if (apiId && !isUuid(apiId)) return listOf([], 0, page);
      const found = await ports.subscriptions.listSubscriptions({
        ...(apiId ? { apiId } : {}),
        ...(applicationId ? { applicationId } : {}),
        owner: caller.subject,
        ...page,
      });
      const views = await inTurn(found.subscriptions, (each) => viewOf(ports, each));
      return listOf(views, found.total, page);
    },
  });
}

/** The subscription, if its application is the caller's own. */
async function own(ports: SubscriptionRoutePorts, caller: Caller, id: string) {
  const subscription = isUuid(id) ? await ports.subscriptions.findSubscription(id) : undefined;
  if (subscription?.tenantDomain !== caller.tenantDomain) throw notFound(id);
  const application = await ownApplication(ports.applications, caller, subscription.applicationId);
  return { subscription, application };
}

function notFound(id: string): Refusal {
  return new Refusal('subscription_not_found', `Subscription with id ${id} not found`);
}

async function viewOf(ports: SubscriptionRoutePorts, subscription: Subscription) {
  const application = await ports.applications.findApplication(subscription.applicationId);
  return view(subscription, application, await ports.apis.findApi(subscription.apiId));
}

/** An API that is gone or hidden by now does not break the list. */
function view(subscription: Subscription, application: Application | undefined, api: Api | undefined) {
  return {
    subscriptionId: subscription.id,
    applicationId: subscription.applicationId,
    apiId: subscription.apiId,
    apiInfo: api
      ? {
          id: api.id,
          name: api.name,
          version: api.version,
          context: api.context,
          provider: displayUserName(api.provider),
          lifeCycleStatus: api.lifeCycleStatus,
          throttlingPolicies: api.body.policies,
        }
      : null,
    applicationInfo: {
      applicationId: subscription.applicationId,
      name: application?.name ?? '',
      throttlingPolicy: application?.throttlingPolicy ?? '',
      status: application?.status ?? '',
      owner: application ? displayUserName(application.owner) : '',
    },
    throttlingPolicy: subscription.throttlingPolicy,
    requestedThrottlingPolicy: subscription.requestedThrottlingPolicy,
    status: subscription.status,
  };
}
