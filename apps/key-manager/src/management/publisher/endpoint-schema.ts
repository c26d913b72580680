import { z } from 'zod';

const proxied = ['http', 'https', 'load_balance', 'failover', 'ws'];

const endpoint = z.looseObject({ url: z.string().max(2_048).nullish() });
const endpoints = z.union([endpoint, z.array(endpoint).max(50)]).nullish();

const listed = ['production_endpoints', 'sandbox_endpoints', 'production_failovers', 'sandbox_failovers'] as const;

/** Where calls go. Unknown members round-trip. */
export const endpointConfig = z
  .looseObject({
    endpoint_type: z.string().max(64).nullish(),
    production_endpoints: endpoints,
    sandbox_endpoints: endpoints,
    production_failovers: endpoints,
    sandbox_failovers: endpoints,
    endpoint_security: z.looseObject({}).nullish(),
  })
  .superRefine((config, context) => {
    const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (proxied.includes(config.endpoint_type ?? 'http')) {
      for (const member of listed) {
        for (const one of [config[member] ?? []].flat()) {
          const problem = one.url ? urlProblem(one.url) : undefined;
          if (problem !== undefined) refuse([member, 'url'], problem);
          const path = healthPathOf(one);
          if (path !== undefined && !isHealthPath(path)) {
            refuse([member, 'advanceEndpointConfig', 'healthCheck', 'path'], 'has to begin with / and hold no spaces');
          }
        }
      }
    }
    for (const kind of ['production', 'sandbox'] as const) {
      const security = securityOf(config.endpoint_security, kind);
      for (const [member, message] of security === undefined ? [] : securityProblems(security)) {
        refuse(['endpoint_security', kind, member], message);
      }
    }
  });

/**
 * An absolute URL without credentials, in which `{uri.var.name}` may stand for any part (WSO2). Gateways serve variables
 * in the path and the query only.
 */
function urlProblem(url: string): string | undefined {
  const filled = url.trim().replaceAll(/\{\+?uri\.var\.[\w.-]+\}/g, '0');
  if (!URL.canParse(filled)) return 'is not an endpoint URL';
  const { protocol, username, password } = new URL(filled);
  const isKnown = ['http:', 'https:', 'ws:', 'wss:', 'grpc:', 'grpcs:'].includes(protocol);
  return isKnown && username === '' && password === '' ? undefined : 'is not an endpoint URL';
}

function healthPathOf(entry: Readonly<Record<string, unknown>>): unknown {
  const advanced = objectOf(entry.advanceEndpointConfig) ?? objectOf(objectOf(entry.config)?.advanceEndpointConfig);
  return objectOf(advanced?.healthCheck)?.path;
}

const isHealthPath = (path: unknown) => typeof path === 'string' && /^\/[\x21-\x7e]*$/.test(path);

type Security = Readonly<Record<string, unknown>>;

/** Undefined when none is switched on. */
function securityOf(given: unknown, kind: string): Security | undefined {
  const security = objectOf(objectOf(given)?.[kind]);
  return security?.enabled === true || security?.enabled === 'true' ? security : undefined;
}

/** What is missing may come later, as in WSO2; until then gateways do not call the endpoint. */
function* securityProblems(security: Security): Generator<readonly [member: string, message: string]> {
  const type = textOf(security.type).toUpperCase();
  if (!['', 'NONE', 'BASIC', 'DIGEST', 'OAUTH'].includes(type)) yield ['type', 'is not BASIC, DIGEST, OAUTH or NONE'];
  // RFC 7617 section 2: what stands behind the first colon would be read as the password.
  if (type === 'BASIC' && textOf(security.username).includes(':')) yield ['username', 'must not hold a colon'];
  if (type !== 'OAUTH') return;
  const tokenUrl = textOf(security.tokenUrl);
  if (tokenUrl !== '' && !isHttpUrl(tokenUrl)) yield ['tokenUrl', 'is not an http or https URL without credentials'];
  const grantType = textOf(security.grantType).toUpperCase();
  if (!['', 'CLIENT_CREDENTIALS', 'PASSWORD'].includes(grantType)) {
    yield ['grantType', 'is not CLIENT_CREDENTIALS or PASSWORD'];
  }
  if (!areParameters(security.customParameters)) yield ['customParameters', 'is not a JSON object'];
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

/** WSO2 sends an object, or its JSON. */
function areParameters(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  try {
    return objectOf(typeof value === 'string' ? JSON.parse(value) : value) !== undefined;
  } catch {
    return false;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined;
}
