import { z } from 'zod';
import { mayUseTier } from '../policies/permissions.js';
import type { TierLevel, TierPolicy } from '../policies/policy.js';
import type { PolicyStore } from '../policies/policy-store.js';
import { countOf, windowOf } from '../policies/quota.js';
import { Refusal } from '../refusal.js';
import { superTenant } from '../users/user-name.js';
import { policyAnswer, policyView } from './admin/throttling/policy-schema.js';
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
        const roles = caller?.tenantDomain === tenantDomain ? caller.roles : [];
        const all = await tiers(policies, tenantDomain, levels, parameters.policyLevel);
        const allowed = all.filter((policy) => policy.level !== 'subscription' || mayUseTier(policy, roles));
        return pageOf(
          allowed.map((policy) => toTier(policy, parameters.policyLevel)),
          page,
        );
      },
    }),
  ];
}

const publisherAccess = token('tier_view', 'tier_manage', 'api_view', 'api_create', 'api_publish', 'api_manage');

/** Tiers as the publisher shows them; `api` is the level of APIs and resources. */
export function publisherTierRoutes(policies: PolicyStore): Route[] {
  const levels: Record<string, TierLevel> = { subscription: 'subscription', api: 'advanced' };
  return [
    route({
      method: 'GET',
      path,
      summary: 'Tiers of subscriptions or of APIs.',
      access: publisherAccess,
      query,
      answer: listAnswer(tier),
      async handle({ tenantDomain }, { parameters, query: page }) {
        const all = await tiers(policies, tenantDomain, levels, parameters.policyLevel);
        const plain = all.filter((policy) => !isOfStreams(policy));
        return pageOf(
          plain.map((policy) => toTier(policy, parameters.policyLevel)),
          page,
        );
      },
    }),
    route({
      method: 'GET',
      path: '/throttling-policies/streaming/subscription',
      summary: 'Tiers of subscriptions to APIs that stream.',
      access: publisherAccess,
      query,
      answer: listAnswer(policyAnswer),
      async handle({ tenantDomain }, { query: page }) {
        const all = await policies.listPolicies(tenantDomain, 'subscription');
        return pageOf(all.filter(isOfStreams).map(policyView), page);
      },
    }),
  ];
}

/** They count events, and have a list of their own in the publisher. */
const isOfStreams = ({ defaultLimit }: TierPolicy) => defaultLimit.type === 'EVENTCOUNTLIMIT';

async function tiers(
  policies: PolicyStore,
  tenantDomain: string,
  levels: Readonly<Record<string, TierLevel>>,
  level: string,
): Promise<TierPolicy[]> {
  const known = Object.hasOwn(levels, level) ? levels[level] : undefined;
  if (!known) throw new Refusal('not_found', `There are no tiers of level ${level}`);
  return policies.listPolicies(tenantDomain, known);
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
