import type { AttachedPolicy as AttachedPolicyMessage, Mediation } from '@keygate/proto/keymanager/v1/catalog';
import type { Api, ApiBody, ApiOperation } from './api.js';
import { validationDocument } from './definitions/validation-document.js';
import type { AttachedPolicy } from './operation-policies/attached-policies.js';
import { type Flow, flows } from './operation-policies/operation-policy.js';

/** What gateways do to requests and answers of the API as a whole; undefined: nothing. */
export function apiMediation(api: Api, body: ApiBody): Mediation | undefined {
  const { responseCachingEnabled, cacheTimeout, enableSchemaValidation, type } = body;
  const cacheSeconds = responseCachingEnabled === true && typeof cacheTimeout === 'number' ? cacheTimeout : 0;
  // Streams and their messages are described otherwise.
  const isDescribed = enableSchemaValidation === true && (type ?? 'HTTP') === 'HTTP';
  const validatedBy = isDescribed ? JSON.stringify(validationDocument(api, body)) : '';
  return unlessIdle({ ...policiesIn(body.apiPolicies), cacheSeconds, validatedBy });
}

/** The same of one operation. */
export function operationMediation({ operationPolicies }: ApiOperation): Mediation | undefined {
  return unlessIdle({ ...policiesIn(operationPolicies), cacheSeconds: 0, validatedBy: '' });
}

function policiesIn(attached: unknown): Pick<Mediation, Flow> {
  const of = (flow: Flow) => entriesIn(attached, flow).flatMap(messages);
  return { request: of('request'), response: of('response'), fault: of('fault') };
}

function entriesIn(attached: unknown, flow: Flow): readonly Partial<AttachedPolicy>[] {
  const entries = (attached as Partial<Record<Flow, Partial<AttachedPolicy>[]>> | null | undefined)?.[flow];
  return Array.isArray(entries) ? entries : [];
}

/** One that was stored before policies were looked at goes by its name: gateways say whether they can do it. */
function messages({ policyName, policyVersion, parameters, steps }: Partial<AttachedPolicy>): AttachedPolicyMessage[] {
  const version = policyVersion ?? 'v1';
  if (!Array.isArray(steps)) return [{ name: policyName ?? '', version, parameters: JSON.stringify(parameters ?? {}) }];
  return steps.map((step) => ({ name: step.name, version, parameters: JSON.stringify(step.parameters) }));
}

function unlessIdle(mediation: Mediation): Mediation | undefined {
  const isIdle = mediation.cacheSeconds === 0 && mediation.validatedBy === '';
  return isIdle && flows.every((flow) => mediation[flow].length === 0) ? undefined : mediation;
}
