import { randomUUID } from 'node:crypto';
import type { Api } from '../apis/api.js';
import type { ApiStore } from '../apis/api-store.js';
import { isVisibleTo } from '../apis/visibility.js';
import type { Application } from '../applications/application.js';
import type { Clock } from '../oauth2/ports.js';
import { subscriptionlessTiers } from '../policies/default-policies.js';
import { requireTierAllowed } from '../policies/permissions.js';
import type { PolicyStore } from '../policies/policy-store.js';
import { tierInvalid } from '../policies/tiers.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import { isUuid } from '../uuid.js';
import type { Subscription } from './subscription.js';
import type { SubscriptionStore } from './subscription-store.js';

export interface SubscriptionPorts {
  readonly subscriptions: SubscriptionStore;
  readonly apis: Pick<ApiStore, 'findApi'>;
  readonly policies: Pick<PolicyStore, 'findPolicy'>;
  readonly clock: Clock;
}

/** Subscribes an application of the caller's to an API that the caller can see. */
export async function subscribe(
  ports: SubscriptionPorts,
  caller: { readonly tenantDomain: string; readonly roles: readonly string[] },
  application: Application,
  request: { readonly apiId: string; readonly throttlingPolicy: string },
): Promise<Subscription> {
  const api = isUuid(request.apiId) ? await ports.apis.findApi(request.apiId) : undefined;
  if (!api || !isVisibleTo(api, caller)) {
    throw new Refusal('api_not_found', `Requested API with id '${request.apiId}' not found`);
  }
  requireOpen(api);
  await requirePlan(ports, api, caller.roles, request.throttlingPolicy);
  const subscription: Subscription = {
    id: randomUUID(),
    tenantDomain: application.tenantDomain,
    applicationId: application.id,
    apiId: api.id,
    throttlingPolicy: request.throttlingPolicy,
    requestedThrottlingPolicy: request.throttlingPolicy,
    status: 'UNBLOCKED',
    createdAt: ports.clock.now(),
  };
  try {
    await ports.subscriptions.createSubscription(subscription);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal(
      'subscription_exists',
      `Subscription already exists for API ${api.name}-${api.version} by application ${application.name}`,
    );
  }
  return subscription;
}

/** A plan can only be one of those the API offers, and one that the subscriber's roles may have. */
export async function requirePlan(
  { policies }: Pick<SubscriptionPorts, 'policies'>,
  api: Api,
  roles: readonly string[],
  plan: string,
): Promise<void> {
  if (subscriptionlessTiers.includes(plan) || !api.body.policies.includes(plan)) throw tierInvalid(plan);
  const tier = await policies.findPolicy(api.tenantDomain, 'subscription', plan);
  // It was deleted since the API last settled its tiers.
  if (!tier) throw tierInvalid(plan);
  requireTierAllowed(tier, roles);
}

function requireOpen(api: Api): void {
  if (api.lifeCycleStatus === 'PUBLISHED' || api.lifeCycleStatus === 'PROTOTYPED') return;
  throw new Refusal('forbidden', `API ${api.name}-${api.version} is not open for subscriptions`);
}
