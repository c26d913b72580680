import { isObject, type JsonObject, member } from './json-pointer.js';

/**
 * A Swagger 2.0 document in the shape of OpenAPI 3, as far as contracts look at it. Definitions stay where they are, so
 * that references lead to them as before.
 */
export function upgradeSwagger(document: JsonObject): JsonObject {
  const paths = Object.entries(document.paths as JsonObject).map(([path, item]) => [path, upgradePath(document, item)]);
  const shared = Object.entries(member(document, 'parameters') ?? {});
  const parameters = Object.fromEntries(shared.map(([name, item]) => [name, withSchema(item)]));
  return { ...document, parameters, paths: Object.fromEntries(paths) };
}

function upgradePath(document: JsonObject, item: unknown): unknown {
  if (!isObject(item)) return item;
  const entries = Object.entries(item).map(([name, value]) => {
    if (name === 'parameters') return [name, Array.isArray(value) ? value.map(withSchema) : value];
    return [name, isObject(value) ? upgradeOperation(document, item, value) : value];
  });
  return Object.fromEntries(entries);
}

function upgradeOperation(document: JsonObject, path: JsonObject, operation: JsonObject): JsonObject {
  const own = listOf(operation.parameters);
  const all = [...own, ...listOf(path.parameters)].map((parameter) => resolved(document, parameter));
  const body = all.find((parameter) => isObject(parameter) && parameter.in === 'body') as JsonObject | undefined;
  const hasForm = all.some((parameter) => isObject(parameter) && parameter.in === 'formData');
  const consumes = stringsOf(operation.consumes ?? document.consumes);
  const produces = stringsOf(operation.produces ?? document.produces);
  const responses = Object.entries(member(operation, 'responses') ?? {}).map(([status, response]) => [
    status,
    upgradeResponse(resolved(document, response), produces),
  ]);
  return {
    ...operation,
    parameters: own.map(withSchema),
    ...(body && { requestBody: { required: body.required === true, content: contentOf(consumes, body.schema) } }),
    ...(hasForm && { requestBody: { content: { '*/*': {} } } }),
    responses: Object.fromEntries(responses),
  };
}

/** Written out, because the place that a reference would lead to is not upgraded. */
function resolved(document: JsonObject, value: unknown): unknown {
  const ref = isObject(value) && typeof value.$ref === 'string' ? value.$ref : undefined;
  const found = /^#\/(parameters|responses)\/([^/]+)$/.exec(ref ?? '');
  return found ? member(member(document, found[1] as string), decodeURIComponent(found[2] as string)) : value;
}

function upgradeResponse(response: unknown, produces: readonly string[]): unknown {
  return isObject(response) && response.schema !== undefined
    ? { ...response, content: contentOf(produces, response.schema) }
    : response;
}

/** In 2.0 the members of the schema of a parameter stand in the parameter itself. */
function withSchema(parameter: unknown): unknown {
  if (!isObject(parameter) || parameter.$ref !== undefined || parameter.schema !== undefined) return parameter;
  const { name, in: where, required, description, collectionFormat, ...schema } = parameter;
  return { name, in: where, required, explode: collectionFormat === 'multi', schema };
}

function contentOf(types: readonly string[], schema: unknown): JsonObject {
  return Object.fromEntries((types.length > 0 ? types : ['application/json']).map((type) => [type, { schema }]));
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const stringsOf = (value: unknown): string[] => listOf(value).filter((item) => typeof item === 'string');
