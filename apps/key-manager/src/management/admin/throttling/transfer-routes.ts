import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { changePolicy, createPolicy, type PolicyPorts, requireLevel } from '../../../policies/manage-policies.js';
import { type PolicyLevel, policyLevels, type ThrottlingPolicy } from '../../../policies/policy.js';
import { Refusal } from '../../../refusal.js';
import { superTenant } from '../../../users/user-name.js';
import { audited } from '../../rest/audited.js';
import { token } from '../../rest/caller.js';
import { uploadedFile } from '../../rest/multipart.js';
import { listAnswer, pageOf, wholeQuery } from '../../rest/page.js';
import { badRequest, misfit } from '../../rest/problem.js';
import { Answer, type Route, route } from '../../rest/route.js';
import { policyAnswer, policyBodies, policyView, toPolicy } from './policy-schema.js';

/** WSO2's short words for levels, in queries. */
const shortTypes = { app: 'application', sub: 'subscription', api: 'advanced', global: 'custom' } as const;
type ShortType = keyof typeof shortTypes;
const shortType = z.enum(Object.keys(shortTypes) as [ShortType, ...ShortType[]]);
const shortOf = (level: PolicyLevel) =>
  (Object.keys(shortTypes) as ShortType[]).find((key) => shortTypes[key] === level);

/** WSO2's words for levels, in documents. */
const subtypes = {
  application: 'application policy',
  subscription: 'subscription policy',
  advanced: 'advanced policy',
  custom: 'custom rule',
} as const satisfies Record<PolicyLevel, string>;

const exportedPolicy = z.looseObject({
  type: z.literal('throttling policy'),
  subtype: z.string(),
  version: z.string(),
  data: z.looseObject({}),
});

const maxImportBytes = 262_144;

/** Finding policies of any level, and carrying one to another system. */
export function transferRoutes(ports: PolicyPorts): Route[] {
  return [searchRoute(ports), exportRoute(ports), importRoute(ports)];
}

function searchRoute({ policies }: PolicyPorts): Route {
  return route({
    method: 'GET',
    path: '/throttling/policies/search',
    summary: 'Throttling policies of all levels, or of one.',
    access: token('admin', 'tier_manage', 'tier_view'),
    query: z.object({
      query: z.string().max(64).default('type:all').describe('type:all, or type: with app, sub, api or global.'),
      ...wholeQuery,
    }),
    answer: listAnswer(z.looseObject({ policyId: z.string(), policyName: z.string(), type: z.string() })),
    async handle({ tenantDomain }, { query: { query, ...page } }) {
      const wanted = query.replace(/^type:/, '');
      const isVisible = (level: PolicyLevel) => level !== 'custom' || tenantDomain === superTenant;
      const levels = policyLevels.filter(
        (level) => (wanted === 'all' || wanted === shortOf(level)) && isVisible(level),
      );
      const found: ThrottlingPolicy[] = [];
      for (const level of levels) found.push(...(await policies.listPolicies(tenantDomain, level)));
      return pageOf(found.map(entry), page);
    },
  });
}

const entry = ({ id, level, name, displayName, description }: ThrottlingPolicy) => ({
  policyId: id,
  uuid: id,
  policyName: name,
  displayName,
  description,
  isDeployed: true,
  type: shortOf(level),
});

function exportRoute({ policies }: PolicyPorts): Route {
  return route({
    method: 'GET',
    path: '/throttling/policies/export',
    summary: 'One policy as a document that can be imported.',
    access: token('admin', 'policies_import_export'),
    query: z.object({ name: z.string().min(1).max(60), type: shortType }),
    answer: exportedPolicy,
    async handle({ tenantDomain }, { query: { name, type } }) {
      const level = shortTypes[type];
      requireLevel(tenantDomain, level);
      const policy: ThrottlingPolicy | undefined = await policies.findPolicy(tenantDomain, level, name);
      if (!policy)
        throw new Refusal('policy_not_found', `There is no throttling policy of that name and of type ${type}`);
      const data = { ...policyView(policy), isDeployed: false };
      return { type: 'throttling policy', subtype: subtypes[level], version: 'v4.7.0', data };
    },
  });
}

function importRoute(ports: PolicyPorts): Route {
  return route({
    method: 'POST',
    path: '/throttling/policies/import',
    summary: 'Makes a policy of an exported document, or changes the one of its name.',
    access: token('admin', 'policies_import_export'),
    query: z.object({ overwrite: z.stringbool().default(false) }),
    multipart: { maxBytes: maxImportBytes },
    body: z.object({ file: uploadedFile }),
    status: 201,
    answer: policyAnswer,
    audit: audited('throttling_policy.imported', 'answer.policyId', { name: 'answer.policyName', type: 'answer.type' }),
    async handle({ tenantDomain }, { query: { overwrite }, body: { file } }) {
      const { level, body } = read(file.bytes);
      requireLevel(tenantDomain, level);
      const existing: ThrottlingPolicy | undefined = await ports.policies.findPolicy(
        tenantDomain,
        level,
        body.policyName,
      );
      if (existing && overwrite) {
        const policy = toPolicy({ id: existing.id, tenantDomain, level }, body);
        await changePolicy(ports, policy);
        return new Answer(policyView(policy), { status: 200 });
      }
      const policy = toPolicy({ id: randomUUID(), tenantDomain, level }, body);
      await createPolicy(ports, policy);
      return policyView(policy);
    },
  });
}

function read(bytes: Buffer) {
  const document = exportedPolicy.safeParse(parsed(bytes));
  if (!document.success) throw misfit('body', document.error.issues);
  const level = policyLevels.find((each) => subtypes[each] === document.data.subtype);
  if (!level) throw badRequest(`There are no policies of subtype ${document.data.subtype}`);
  const body = policyBodies[level].safeParse(document.data.data);
  if (!body.success) throw misfit('body', body.error.issues);
  return { level, body: body.data };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw badRequest('The file is not JSON');
  }
}
