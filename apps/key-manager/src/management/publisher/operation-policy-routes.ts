import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { policiesOf } from '../../apis/operation-policies/built-in-policies.js';
import type { OperationPolicy, OperationPolicyStore } from '../../apis/operation-policies/operation-policy.js';
import { readPolicyDefinition } from '../../apis/operation-policies/policy-definition.js';
import { readPolicySpecification } from '../../apis/operation-policies/policy-spec.js';
import type { Clock } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { prefixes } from '../prefixes.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { uploadedFile } from '../rest/multipart.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { Answer, type Route, route } from '../rest/route.js';

export interface OperationPolicyPorts {
  readonly operationPolicies: OperationPolicyStore;
  readonly clock: Clock;
}

const reading = token(
  ...(['common_operation_policy_view', 'common_operation_policy_manage', 'gateway_policy_manage'] as const),
  ...(['api_view', 'api_create', 'api_publish', 'api_manage'] as const),
);
const answer = z.looseObject({ id: z.string(), name: z.string(), version: z.string(), displayName: z.string() });

/** Texts come as files or as plain fields; clients do both. */
const text = z.union([uploadedFile.transform(({ bytes }) => bytes.toString()), z.string()]);
const form = z.object({
  policySpecFile: text,
  synapsePolicyDefinitionFile: text,
});
const maxBytes = 262_144;

/** What may be attached to APIs and their operations. */
export function operationPolicyRoutes({ operationPolicies, clock }: OperationPolicyPorts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/operation-policies',
      summary: 'Policies that can be attached to APIs and to operations.',
      access: reading,
      query: z.object({ ...pageQuery, query: z.string().max(255).optional().describe('name:x version:y') }),
      answer: listAnswer(answer),
      async handle({ tenantDomain }, { query: { query, ...page } }) {
        const all = await policiesOf(operationPolicies, tenantDomain);
        return pageOf(all.filter((policy) => isAskedFor(policy, query)).map(view), page);
      },
    }),
    route({
      method: 'GET',
      path: '/operation-policies/{operationPolicyId}',
      summary: 'One of these policies.',
      access: reading,
      answer,
      async handle({ tenantDomain }, { parameters: { operationPolicyId } }) {
        const all = await policiesOf(operationPolicies, tenantDomain);
        const found = all.find(({ id }) => id === operationPolicyId);
        if (found) return view(found);
        throw new Refusal('operation_policy_not_found', `There is no operation policy ${operationPolicyId}`);
      },
    }),
    route({
      method: 'POST',
      path: '/operation-policies',
      summary: 'Uploads a policy: its specification (YAML) and its definition (headers of the transport scope).',
      access: token('common_operation_policy_manage', 'api_manage'),
      multipart: { maxBytes },
      body: form,
      status: 201,
      answer,
      audit: audited('operation_policy.created', 'answer.id', { name: 'answer.name', version: 'answer.version' }),
      async handle({ tenantDomain }, { body }) {
        const policy = await upload(operationPolicies, {
          ...readPolicySpecification(body.policySpecFile),
          id: randomUUID(),
          tenantDomain,
          steps: readPolicyDefinition(body.synapsePolicyDefinitionFile),
          createdAt: clock.now(),
        });
        const headers = { Location: `${prefixes.publisher}/operation-policies/${policy.id}` };
        return new Answer(view(policy), { headers });
      },
    }),
  ];
}

async function upload(store: OperationPolicyStore, policy: OperationPolicy): Promise<OperationPolicy> {
  const { tenantDomain, name, version } = policy;
  const all = await policiesOf(store, tenantDomain);
  if (all.some((other) => other.name === name && other.version === version)) {
    throw new Refusal('conflict', `There is an operation policy ${name} of version ${version}`);
  }
  await store.createOperationPolicy(policy);
  return policy;
}

function isAskedFor({ name, version }: OperationPolicy, query: string | undefined): boolean {
  const wanted = (query ?? '').split(/\s+/).filter((part) => part !== '');
  return wanted.every((part) => part === `name:${name}` || part === `version:${version}`);
}

function view({ attributes, steps: _, tenantDomain: __, createdAt: ___, ...policy }: OperationPolicy) {
  return {
    ...policy,
    supportedGateways: ['Synapse'],
    isAPISpecific: false,
    policyAttributes: attributes,
  };
}
