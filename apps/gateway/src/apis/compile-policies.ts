import { isProtectedHeader } from '@keygate/common/headers';
import type { AttachedPolicy, Mediation } from '@keygate/proto/keymanager/v1/catalog';
import { headerKey } from '../pipeline/mediation/header-edits.js';
import type { CompiledMediation, HeaderEdit } from './compiled-mediation.js';

type Flow = 'request' | 'response' | 'fault';
type Policies = Pick<CompiledMediation, Flow | 'sendsXml' | 'oneTimeScopes'>;

/** The policies of an API and of its resource, in this order, as what they do. What cannot be done is a problem. */
export function compilePolicies(parts: readonly Mediation[], problems: string[]): Policies {
  const done: { -readonly [K in keyof Policies]: Policies[K] } = {
    ...{ request: [], response: [], fault: [] },
    sendsXml: false,
    oneTimeScopes: [],
  };
  for (const flow of ['request', 'response', 'fault'] as const) {
    const edits: HeaderEdit[] = [];
    for (const policy of parts.flatMap((part) => part[flow])) {
      const step = stepOf(policy, flow);
      if (typeof step === 'string') problems.push(`policy ${policy.name} (${flow}): ${step}`);
      else if ('edit' in step) edits.push(step.edit);
      else if ('oneTimeScope' in step) done.oneTimeScopes = [...done.oneTimeScopes, step.oneTimeScope];
      else done.sendsXml = true;
    }
    done[flow] = edits;
  }
  return done;
}

type Step = { readonly edit: HeaderEdit } | { readonly oneTimeScope: string } | { readonly sendsXml: true };

/** What one policy does in a flow, or why it cannot be done. */
function stepOf({ name, parameters }: AttachedPolicy, flow: Flow): Step | string {
  const given = parametersOf(parameters);
  if (given === undefined) return 'its parameters are no JSON object';
  switch (name) {
    case 'addHeader':
    case 'setHeader':
      return headerStep(given.headerName, given.headerValue ?? '');
    case 'removeHeader':
      return headerStep(given.headerName, undefined);
    case 'jsonToXML':
      return flow === 'request' ? { sendsXml: true } : 'only requests are converted';
    case 'revokeOneTimeToken':
      return typeof given.scope === 'string' && given.scope !== ''
        ? { oneTimeScope: given.scope }
        : 'it needs the scope of such tokens';
    default:
      return 'this gateway does not know it';
  }
}

function headerStep(name: unknown, given: unknown): Step | string {
  if (typeof name !== 'string' || !headerName.test(name)) return 'it names no header';
  const value = typeof given === 'number' || typeof given === 'boolean' ? String(given) : given;
  // A line break would let whoever chose the value write further headers, or a second answer.
  if (value !== undefined && (typeof value !== 'string' || !headerValue.test(value))) {
    return 'the value cannot stand in a header';
  }
  const key = headerKey(name);
  if (isProtectedHeader(key)) return `the header ${name} is the gateway's own`;
  return { edit: { name, key, value: value as string | undefined } };
}

const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]{0,4096}$/;

function parametersOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
