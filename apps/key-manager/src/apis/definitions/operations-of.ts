import type { ApiBody, ApiOperation } from '../api.js';
import { type Definition, isObject, objectAt, verbs } from './definition.js';

/** What a document says of the operations of its API, as members of an API object; what it does not say stays. */
export function operationsOf(document: Definition, known: readonly ApiOperation[]): Record<string, unknown>[] {
  return Object.entries(objectAt(document, 'paths')).flatMap(([target, item]) =>
    verbs.flatMap((name) => {
      if (!isObject(item) || !isObject(item[name])) return [];
      const verb = name.toUpperCase();
      const before = known.find((operation) => operation.target === target && operation.verb.toUpperCase() === verb);
      return [{ ...before, target, verb, ...saidIn(item[name]) }];
    }),
  );
}

function saidIn(operation: Definition): Record<string, unknown> {
  const authType = operation['x-auth-type'];
  const tier = operation['x-throttling-tier'];
  return {
    ...(typeof authType === 'string' ? { authType } : {}),
    ...(typeof tier === 'string' ? { throttlingPolicy: tier } : {}),
    scopes: scopesIn(operation.security),
  };
}

function scopesIn(security: unknown): string[] {
  const requirements = Array.isArray(security) ? security : [];
  const scopes = requirements.flatMap((each) => (isObject(each) && Array.isArray(each.default) ? each.default : []));
  return [...new Set(scopes.filter((scope) => typeof scope === 'string'))];
}

const endpoints = [
  ['x-wso2-production-endpoints', 'production_endpoints'],
  ['x-wso2-sandbox-endpoints', 'sandbox_endpoints'],
] as const;

/** The endpoints that a document names, laid over those of the API; undefined when it names none. */
export function endpointConfigOf(document: Definition, { endpointConfig }: Pick<ApiBody, 'endpointConfig'>) {
  let changed: Record<string, unknown> | undefined;
  for (const [extension, member] of endpoints) {
    const { urls, advanceEndpointConfig: config } = objectAt(document, extension);
    const named = Array.isArray(urls) ? urls.filter((url) => typeof url === 'string' && url !== '') : [];
    if (named.length === 0) continue;
    const entries = named.map((url) => ({ url, ...(isObject(config) ? { config } : {}) }));
    changed ??= { endpoint_type: 'http', ...endpointConfig };
    changed[member] = entries.length === 1 ? entries[0] : entries;
    if (entries.length > 1) changed.endpoint_type = 'load_balance';
  }
  return changed;
}
