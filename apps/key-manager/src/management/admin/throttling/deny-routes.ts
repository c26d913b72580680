import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../oauth2/ports.js';
import {
  createDenyRule,
  type DenyRulePorts,
  denyRuleNotFound,
  requireDenyRule,
  settleCondition,
} from '../../../policies/deny-rules.js';
import { prefixes } from '../../prefixes.js';
import { audited } from '../../rest/audited.js';
import { token } from '../../rest/caller.js';
import { listAnswer, pageOf, wholeQuery } from '../../rest/page.js';
import { Answer, type Route, route } from '../../rest/route.js';
import { denyAnswer, denyBody, denyFilter, denyView, toCondition } from './deny-schema.js';

export interface DenyRoutePorts extends DenyRulePorts {
  readonly clock: Clock;
}

const reading = token('admin', 'bl_view', 'bl_manage');
const writing = token('admin', 'bl_manage');
const all = '/throttling/deny-policies';
const one = '/throttling/deny-policy/{conditionId}';

/** Whom gateways refuse at once (WSO2: deny policies). */
export function denyRoutes(ports: DenyRoutePorts): Route[] {
  return [
    route({
      method: 'GET',
      path: all,
      summary: 'Deny policies of the tenant.',
      access: reading,
      query: z.object({
        query: z.string().max(1_024).optional().describe('conditionType:X&conditionValue:Y; "Y" is the whole value.'),
        ...wholeQuery,
      }),
      answer: listAnswer(denyAnswer),
      async handle({ tenantDomain }, { query: { query, ...page } }) {
        const rules = await ports.denyRules.listDenyRules(tenantDomain);
        return pageOf(rules.filter(denyFilter(query)).map(denyView), page);
      },
    }),
    route({
      method: 'POST',
      path: all,
      summary: 'Refuses somebody from now on.',
      access: writing,
      body: denyBody,
      status: 201,
      answer: denyAnswer,
      audit: audited('deny_policy.created', 'answer.conditionId', {
        type: 'answer.conditionType',
        value: 'answer.conditionValue',
        enabled: 'answer.conditionStatus',
      }),
      async handle({ tenantDomain }, { body }) {
        const condition = await settleCondition(ports, tenantDomain, toCondition(body));
        const createdAt = ports.clock.now();
        const rule = { ...condition, id: randomUUID(), tenantDomain, enabled: body.conditionStatus, createdAt };
        await createDenyRule(ports, rule);
        return new Answer(denyView(rule), {
          headers: { Location: `${prefixes.admin}/throttling/deny-policy/${rule.id}` },
        });
      },
    }),
    ...oneRoutes(ports),
  ];
}

function oneRoutes(ports: DenyRoutePorts): Route[] {
  return [
    route({
      method: 'GET',
      path: one,
      summary: 'One deny policy.',
      access: reading,
      answer: denyAnswer,
      handle: async ({ tenantDomain }, { parameters }) =>
        denyView(await requireDenyRule(ports, tenantDomain, parameters.conditionId)),
    }),
    route({
      method: 'PATCH',
      path: one,
      summary: 'Switches a deny policy on or off.',
      access: writing,
      body: z.object({ conditionStatus: z.boolean() }),
      answer: denyAnswer,
      audit: audited('deny_policy.changed', 'path.conditionId', { enabled: 'body.conditionStatus' }),
      async handle({ tenantDomain }, { parameters: { conditionId }, body }) {
        await requireDenyRule(ports, tenantDomain, conditionId);
        const changed = await ports.denyRules.enableDenyRule(tenantDomain, conditionId, body.conditionStatus);
        if (!changed) throw denyRuleNotFound(conditionId);
        return denyView(changed);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Deletes a deny policy.',
      access: writing,
      audit: audited('deny_policy.deleted', 'path.conditionId'),
      async handle({ tenantDomain }, { parameters: { conditionId } }) {
        await requireDenyRule(ports, tenantDomain, conditionId);
        await ports.denyRules.deleteDenyRule(tenantDomain, conditionId);
      },
    }),
  ];
}
