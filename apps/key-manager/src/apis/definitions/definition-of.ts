import type { Api, ApiBody, ApiOperation, EndpointEntry } from '../api.js';
import { effectiveContext } from '../context.js';
import { type Definition, isObject, isSwagger2, objectAt, verbs } from './definition.js';

type Json = Record<string, unknown>;

/**
 * The OpenAPI document of an API: the one it was imported with, or a plain one, in which exactly the API's operations
 * stand. The order of its paths stays.
 */
export function definitionOf(api: Pick<Api, 'name' | 'version' | 'context'>, body: ApiBody): Definition {
  const stored = isObject(body.apiDefinition) ? body.apiDefinition : plain(api, body);
  const { servers: _, host: __, basePath: ___, schemes: ____, ...document } = stored;
  const offered = body.operations.filter(({ verb }) => (verbs as readonly string[]).includes(verb.toLowerCase()));
  return withSecurity({ ...document, paths: pathsOf(document, offered), ...extensions(api, body) }, body);
}

function plain({ name, version }: Pick<Api, 'name' | 'version'>, { description }: ApiBody): Json {
  const info = { title: name, version, ...(description ? { description } : {}) };
  return { openapi: '3.0.1', info, paths: {} };
}

function pathsOf(document: Definition, operations: readonly ApiOperation[]): Json {
  const declared = objectAt(document, 'paths');
  const targets = new Set(operations.map(({ target }) => target));
  const known = Object.keys(declared).filter((path) => targets.has(path));
  const paths = [...new Set([...known, ...targets])];
  return Object.fromEntries(
    paths.map((path) => [path, pathItem(document, objectAt(declared, path), path, operations)]),
  );
}

function pathItem(document: Definition, declared: Definition, path: string, operations: readonly ApiOperation[]): Json {
  const own = operations.filter(({ target }) => target === path);
  const item = Object.entries(declared).filter(([name]) => !(verbs as readonly string[]).includes(name));
  const kept = Object.keys(declared).filter((name) => own.some(({ verb }) => verb.toLowerCase() === name));
  const names = [...new Set([...kept, ...own.map(({ verb }) => verb.toLowerCase())])];
  for (const name of names) {
    const operation = own.find(({ verb }) => verb.toLowerCase() === name) as ApiOperation;
    const described = isObject(declared[name]) ? declared[name] : undescribed(document, path);
    item.push([name, operationItem(described, operation)]);
  }
  return Object.fromEntries(item);
}

function operationItem(described: Definition, { authType, throttlingPolicy, scopes }: ApiOperation): Json {
  const { security: _, ...kept } = described;
  return {
    ...kept,
    ...(scopes.length > 0 ? { security: [{ default: [...scopes] }] } : {}),
    'x-auth-type': authType,
    'x-throttling-tier': throttlingPolicy,
  };
}

/** A document whose template has a variable that no parameter describes would not be valid. */
function undescribed(document: Definition, path: string): Json {
  const names = [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name as string);
  const type = isSwagger2(document) ? { type: 'string' } : { schema: { type: 'string' } };
  const parameters = names.map((name) => ({ name, in: 'path', required: true, ...type }));
  return { ...(parameters.length > 0 ? { parameters } : {}), responses: { 200: { description: 'ok' } } };
}

function withSecurity(document: Json, body: ApiBody): Json {
  const scopes = Object.fromEntries(body.scopes.map(({ scope }) => [scope.name, scope.description ?? '']));
  // Clients get their tokens elsewhere; WSO2 writes this address, too.
  const authorizationUrl = 'https://test.com';
  if (isSwagger2(document)) {
    const scheme = { type: 'oauth2', authorizationUrl, flow: 'implicit', scopes };
    return { ...document, securityDefinitions: { ...objectAt(document, 'securityDefinitions'), default: scheme } };
  }
  const scheme = { type: 'oauth2', flows: { implicit: { authorizationUrl, scopes } } };
  const components = objectAt(document, 'components');
  const securitySchemes = { ...objectAt(components, 'securitySchemes'), default: scheme };
  return { ...document, components: { ...components, securitySchemes } };
}

function extensions({ context, version }: Pick<Api, 'context' | 'version'>, body: ApiBody): Json {
  const { corsConfiguration, apiThrottlingPolicy, authorizationHeader, endpointConfig, transport } = body;
  return {
    ...(corsConfiguration ? { 'x-wso2-cors': corsConfiguration } : {}),
    ...(apiThrottlingPolicy ? { 'x-throttling-tier': apiThrottlingPolicy } : {}),
    ...(authorizationHeader ? { 'x-wso2-auth-header': authorizationHeader } : {}),
    ...endpointExtension('x-wso2-production-endpoints', endpointConfig?.production_endpoints),
    ...endpointExtension('x-wso2-sandbox-endpoints', endpointConfig?.sandbox_endpoints),
    'x-wso2-basePath': effectiveContext(context, version),
    'x-wso2-transports': [...transport],
  };
}

function endpointExtension(name: string, declared: EndpointEntry | readonly EndpointEntry[] | null | undefined): Json {
  const entries = [declared].flat().filter((entry) => entry !== null && entry !== undefined);
  const urls = entries.flatMap(({ url }) => (url ? [url] : []));
  return urls.length === 0 ? {} : { [name]: { urls, type: Array.isArray(declared) ? 'load_balance' : 'http' } };
}
