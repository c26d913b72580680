import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  changePolicy,
  createPolicy,
  deletePolicy,
  type PolicyPorts,
  requireLevel,
  requirePolicy,
} from '../../../policies/manage-policies.js';
import { type PolicyLevel, policyLevels } from '../../../policies/policy.js';
import { prefixes } from '../../prefixes.js';
import { audited } from '../../rest/audited.js';
import { token } from '../../rest/caller.js';
import { listAnswer, pageOf, wholeQuery } from '../../rest/page.js';
import { Answer, type Route, route } from '../../rest/route.js';
import { type PolicyBody, policyAnswer, policyBodies, policyView, toPolicy } from './policy-schema.js';

const recorded = { name: 'answer.policyName', type: 'answer.type' } as const;

/** WSO2: publishers look at the tiers they may give to their APIs. Custom rules are the operators' own. */
const reading = {
  application: token('admin', 'tier_manage', 'tier_view'),
  subscription: token('admin', 'tier_manage', 'tier_view'),
  advanced: token('admin', 'tier_manage', 'tier_view'),
  custom: token('admin', 'tier_manage'),
} as const satisfies Record<PolicyLevel, unknown>;
const writing = token('admin', 'tier_manage');

/** Throttling policies, the same five operations for each level. */
export function policyRoutes(ports: PolicyPorts): Route[] {
  return policyLevels.flatMap((level) => [...collectionRoutes(ports, level), ...oneRoutes(ports, level)]);
}

function collectionRoutes(ports: PolicyPorts, level: PolicyLevel): Route[] {
  const path = `/throttling/policies/${level}` as const;
  return [
    route({
      method: 'GET',
      path,
      summary: `Throttling policies of level ${level}.`,
      access: reading[level],
      query: z.object(wholeQuery),
      answer: listAnswer(policyAnswer),
      async handle({ tenantDomain }, { query }) {
        requireLevel(tenantDomain, level);
        return pageOf((await ports.policies.listPolicies(tenantDomain, level)).map(policyView), query);
      },
    }),
    route({
      method: 'POST',
      path,
      summary: `Makes a throttling policy of level ${level}.`,
      access: writing,
      body: policyBodies[level] as z.ZodType<PolicyBody>,
      status: 201,
      answer: policyAnswer,
      audit: audited('throttling_policy.created', 'answer.policyId', recorded),
      async handle({ tenantDomain }, { body }) {
        requireLevel(tenantDomain, level);
        const policy = toPolicy({ id: randomUUID(), tenantDomain, level }, body);
        await createPolicy(ports, policy);
        return new Answer(policyView(policy), { headers: { Location: `${prefixes.admin}${path}/${policy.id}` } });
      },
    }),
  ];
}

function oneRoutes(ports: PolicyPorts, level: PolicyLevel): Route[] {
  const path = `/throttling/policies/${level}/{policyId}` as const;
  return [
    route({
      method: 'GET',
      path,
      summary: `One throttling policy of level ${level}.`,
      access: reading[level],
      answer: policyAnswer,
      async handle({ tenantDomain }, { parameters }) {
        requireLevel(tenantDomain, level);
        return policyView(await requirePolicy(ports, tenantDomain, level, parameters.policyId));
      },
    }),
    route({
      method: 'PUT',
      path,
      summary: `Changes a throttling policy of level ${level}; its name stays.`,
      access: writing,
      body: policyBodies[level] as z.ZodType<PolicyBody>,
      answer: policyAnswer,
      audit: audited('throttling_policy.changed', 'path.policyId', recorded),
      async handle({ tenantDomain }, { parameters, body }) {
        requireLevel(tenantDomain, level);
        const { id, name } = await requirePolicy(ports, tenantDomain, level, parameters.policyId);
        const policy = { ...toPolicy({ id, tenantDomain, level }, body), name };
        await changePolicy(ports, policy);
        return policyView(policy);
      },
    }),
    route({
      method: 'DELETE',
      path,
      summary: `Deletes a throttling policy of level ${level} that limits nothing.`,
      access: writing,
      audit: audited('throttling_policy.deleted', 'path.policyId'),
      async handle({ tenantDomain }, { parameters }) {
        requireLevel(tenantDomain, level);
        await deletePolicy(ports, await requirePolicy(ports, tenantDomain, level, parameters.policyId));
      },
    }),
  ];
}
