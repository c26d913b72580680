import { createHash } from 'node:crypto';
import type { Flow, OperationPolicy, OperationPolicyStore, PolicyAttribute, PolicyStep } from './operation-policy.js';

interface BuiltIn {
  readonly name: PolicyStep['name'];
  readonly displayName: string;
  readonly description: string;
  readonly applicableFlows: readonly Flow[];
  readonly attributes: readonly (readonly [name: string, displayName: string, description: string])[];
}

const header = ['headerName', 'Header Name', 'Name of the header'] as const;

const builtIns: readonly BuiltIn[] = [
  {
    name: 'addHeader',
    displayName: 'Add Header',
    description: 'Sets a header of the message, in place of any of the same name.',
    applicableFlows: ['request', 'response', 'fault'],
    attributes: [header, ['headerValue', 'Header Value', 'Value of the header']],
  },
  {
    name: 'removeHeader',
    displayName: 'Remove Header',
    description: 'Takes a header out of the message.',
    applicableFlows: ['request', 'response', 'fault'],
    attributes: [header],
  },
  {
    name: 'jsonToXML',
    displayName: 'JSON to XML',
    description: 'Sends a JSON request body to the backend as XML.',
    applicableFlows: ['request'],
    attributes: [],
  },
  {
    name: 'revokeOneTimeToken',
    displayName: 'Revoke One Time Token',
    description: 'Revokes the access token after the call if it has the given scope.',
    applicableFlows: ['request', 'response'],
    attributes: [['scope', 'Scope', 'Scope of tokens that are good for one call']],
  },
];

/** What every tenant has from the start. */
export function builtInPolicies(tenantDomain: string): OperationPolicy[] {
  return builtIns.map(({ name, displayName, description, applicableFlows, attributes }) => ({
    id: steadyId(`${name} v1`),
    tenantDomain,
    name,
    version: 'v1',
    displayName,
    description,
    category: 'Mediation',
    applicableFlows,
    supportedApiTypes: ['HTTP', 'SOAP', 'SOAPTOREST', 'GRAPHQL'],
    attributes: attributes.map(toAttribute),
    steps: [{ name, parameters: Object.fromEntries(attributes.map(([each]) => [each, `{{${each}}}`])) }],
    createdAt: 0,
  }));
}

/** All that can be attached in a tenant. */
export async function policiesOf(store: OperationPolicyStore, tenantDomain: string): Promise<OperationPolicy[]> {
  return [...builtInPolicies(tenantDomain), ...(await store.listOperationPolicies(tenantDomain))];
}

function toAttribute([name, displayName, description]: readonly [string, string, string]): PolicyAttribute {
  return { name, displayName, description, required: true, type: 'String' };
}

/** A UUID that is the same in every tenant, on every server and after every start. */
function steadyId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
