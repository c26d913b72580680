import { z } from 'zod';
import type { TierLevel, TierPolicy } from '../policies/policy.js';
import type { PolicyStore } from '../policies/policy-store.js';
import { countOf, windowOf } from '../policies/quota.js';
import { Refusal } from '../refusal.js';
import { superTenant } from '../users/user-name.js';
import { anyone, token } from './rest/caller.js';
import { listAnswer, pageOf, pageQuery } from './rest/page.js';
import { type Route, route } from './rest/route.js';

const tier = z.looseObject({ name: z.string(), displayName: z.string(), description: z.string() });
const path = '/throttling-policies/{policyLevel}';
const query = z.object(pageQuery);

/** Tiers as the developer portal shows them. */
export function devportalTierRoutes(policies: PolicyStore): Route[] {
  const levels: Record<string, TierLevel> = { application: 'application', subscription: 'subscription' };
  return [
    route({
      method: 'GET',
      path,
      summary: 'Tiers of applications or of subscriptions.',
      access: anyone,
      query,
      answer: listAnswer(tier),
      async handle(caller, { parameters, query: page, header }) {
        const tenantDomain = header('x-wso2-tenant')?.toLowerCase() || (caller?.tenantDomain ?? superTenant);
        return pageOf(await tiers(policies, tenantDomain, levels, parameters.policyLevel), page);
      },
    }),
  ];
}

/** Tiers as the publisher shows them; `api` is the level of APIs and resources. */
export function publisherTierRoutes(policies: PolicyStore): Route[] {
  const levels: Record<string, TierLevel> = { subscription: 'subscription', api: 'advanced' };
  return [
    route({
      method: 'GET',
      path,
      summary: 'Tiers of subscriptions or of APIs.',
      access: token('tier_view', 'tier_manage', 'api_view', 'api_create', 'api_publish', 'api_manage'),
      query,
      answer: listAnswer(tier),
      handle: async ({ tenantDomain }, { parameters, query: page }) =>
        pageOf(await tiers(policies, tenantDomain, levels, parameters.policyLevel), page),
    }),
  ];
}

async function tiers(
  policies: PolicyStore,
  tenantDomain: string,
  levels: Readonly<Record<string, TierLevel>>,
  level: string,
) {
  const known = Object.hasOwn(levels, level) ? levels[level] : undefined;
  if (!known) throw new Refusal('not_found', `There are no tiers of level ${level}`);
  const all: TierPolicy[] = await policies.listPolicies(tenantDomain, known);
  // Those of APIs that stream have a list of their own.
  return all
    .filter(({ defaultLimit }) => defaultLimit.type !== 'EVENTCOUNTLIMIT')
    .map((policy) => toTier(policy, level));
}

function toTier(policy: TierPolicy, level: string) {
  const { id, name, displayName, description, defaultLimit } = policy;
  const { unitTime, timeUnit } = windowOf(defaultLimit);
  return {
    policyId: id,
    name,
    displayName,
    description,
    policyLevel: level,
    requestCount: countOf(defaultLimit),
    unitTime,
    timeUnit,
    tierPlan: policy.level === 'subscription' ? policy.billingPlan : 'FREE',
    stopOnQuotaReach: policy.level === 'subscription' ? policy.stopOnQuotaReach : true,
    isDeployed: true,
  };
}
