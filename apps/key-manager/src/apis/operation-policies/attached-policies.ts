import { isProtectedHeader } from '@keygate/common/headers';
import { z } from 'zod';
import { Refusal } from '../../refusal.js';
import type { ApiBody } from '../api.js';
import { policiesOf } from './built-in-policies.js';
import {
  type Flow,
  flows,
  type OperationPolicy,
  type OperationPolicyStore,
  type PolicyStep,
} from './operation-policy.js';

/** A policy where it is attached; `steps` is what it comes to, written anew with each change of the API. */
export interface AttachedPolicy {
  readonly policyId: string;
  readonly policyName: string;
  readonly policyVersion: string;
  readonly policyType: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly steps: readonly PolicyStep[];
}

const attached = z.looseObject({
  policyId: z.string().max(64).nullish(),
  policyName: z.string().max(100).nullish(),
  policyVersion: z.string().max(20).nullish(),
  policyType: z.string().max(50).nullish(),
  parameters: z
    .record(z.string().max(100), z.unknown())
    .nullish()
    .transform((given) => given ?? {}),
});

const list = z.array(attached).max(100).nullish();
const attachedFlows = z.looseObject({ request: list, response: list, fault: list });

/** Checks what is attached to the API and to its operations: policies that exist, with the parameters they need. */
export async function settlePolicies(
  store: OperationPolicyStore,
  tenantDomain: string,
  body: ApiBody,
): Promise<ApiBody> {
  const isAttached = (value: unknown) =>
    flows.some((flow) => ((value as Record<string, unknown[]> | null | undefined)?.[flow]?.length ?? 0) > 0);
  if (
    !isAttached(body.apiPolicies) &&
    !body.operations.some(({ operationPolicies }) => isAttached(operationPolicies))
  ) {
    return body;
  }
  const known = await policiesOf(store, tenantDomain);
  const operations = body.operations.map((operation) =>
    isAttached(operation.operationPolicies)
      ? { ...operation, operationPolicies: settled(operation.operationPolicies, known) }
      : operation,
  );
  const apiPolicies = isAttached(body.apiPolicies) ? { apiPolicies: settled(body.apiPolicies, known) } : {};
  return { ...body, ...apiPolicies, operations };
}

function settled(given: unknown, known: readonly OperationPolicy[]) {
  const read = attachedFlows.safeParse(given);
  if (!read.success) throw new Refusal('invalid', 'The attached policies are not lists of policies');
  const of = (flow: Flow) => (read.data[flow] ?? []).map((entry) => settle(entry, flow, known));
  return { request: of('request'), response: of('response'), fault: of('fault') };
}

function settle(entry: z.output<typeof attached>, flow: Flow, known: readonly OperationPolicy[]): AttachedPolicy {
  const policy = find(entry, known);
  const { name, version, applicableFlows } = policy;
  if (!applicableFlows.includes(flow)) throw new Refusal('invalid', `The policy ${name} is not for the ${flow} flow`);
  const parameters = entry.parameters;
  const missing = policy.attributes.find((attribute) => attribute.required && isBlank(parameters[attribute.name]));
  if (missing) throw new Refusal('invalid', `The policy ${name} needs the parameter ${missing.name}`);
  const steps = policy.steps.map((step) => filled(step, parameters, name));
  return { policyId: policy.id, policyName: name, policyVersion: version, policyType: 'common', parameters, steps };
}

function find(
  { policyId, policyName, policyVersion }: z.output<typeof attached>,
  known: readonly OperationPolicy[],
): OperationPolicy {
  const byName = known.filter(({ name, version }) => name === policyName && (policyVersion ?? 'v1') === version);
  const found = byName[0] ?? (policyName ? undefined : known.find(({ id }) => id === policyId));
  if (found) return found;
  throw new Refusal(
    'invalid',
    `There is no policy ${policyName ?? policyId ?? ''} of version ${policyVersion ?? 'v1'}`,
  );
}

const isBlank = (value: unknown) => value === undefined || value === null || value === '';

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;

/** A step with the parameters put in. What a gateway would refuse to do is refused here, where somebody can mend it. */
function filled(step: PolicyStep, parameters: Readonly<Record<string, unknown>>, policy: string): PolicyStep {
  const put = (template: string) =>
    template.replace(/\{\{\s*([A-Za-z0-9_-]+)\s*\}\}/g, (_, name: string) =>
      Object.hasOwn(parameters, name) && !isBlank(parameters[name]) ? String(parameters[name]) : '',
    );
  const values = Object.fromEntries(Object.entries(step.parameters).map(([name, template]) => [name, put(template)]));
  const { headerName: name, headerValue: value } = values;
  if (name !== undefined && !headerName.test(name))
    throw new Refusal('invalid', `The policy ${policy} names no header`);
  if (name !== undefined && isProtectedHeader(name)) {
    throw new Refusal('invalid', `The header ${name} is the gateway's own, and no policy may change it`);
  }
  if (value !== undefined && !headerValue.test(value)) {
    throw new Refusal('invalid', `The value that the policy ${policy} sets cannot stand in a header`);
  }
  return { name: step.name, parameters: values };
}
