import { Refusal } from '../../refusal.js';
import type { Api, ApiBody } from '../api.js';
import { type Definition, isObject } from './definition.js';
import { definitionOf } from './definition-of.js';

/** What says nothing about which messages fit; most of a document, and every gateway would hold it. */
const idle = new Set([
  ...['description', 'summary', 'title', 'example', 'examples', 'externalDocs', 'xml', 'deprecated', 'tags', 'servers'],
  ...['security', 'securitySchemes', 'securityDefinitions', 'contact', 'license', 'termsOfService', 'operationId'],
  ...['callbacks', 'links', 'discriminator'],
]);

/** Members of these are names that somebody chose, such as a property called `description`. */
const maps = new Set([
  ...['properties', 'patternProperties', 'schemas', 'definitions', '$defs', 'dependentSchemas', 'paths', 'responses'],
  ...['parameters', 'requestBodies', 'headers', 'content'],
]);

/** Values and not descriptions of values. */
const values = new Set(['enum', 'const', 'default', 'required']);

/** What gateways hold requests and answers against: the API's document without what is for people. */
export function validationDocument(api: Pick<Api, 'name' | 'version' | 'context'>, body: ApiBody): Definition {
  return slim(definitionOf(api, body), false) as Definition;
}

const maxChars = 524_288;

/** All gateways get all documents in one message, so that a few of unlimited size would keep them from starting. */
export function requireBounded(api: Pick<Api, 'name' | 'version' | 'context'>, body: ApiBody): void {
  if (body.enableSchemaValidation !== true || JSON.stringify(validationDocument(api, body)).length <= maxChars) return;
  throw new Refusal('definition_invalid', 'The definition is too large for schema validation');
}

function slim(value: unknown, isMap: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => slim(item, false));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([name]) => isMap || !(idle.has(name) || isVendors(name)));
  return Object.fromEntries(
    kept.map(([name, item]) => [name, !isMap && values.has(name) ? item : slim(item, !isMap && maps.has(name))]),
  );
}

/** OpenAPI 2.0 has no other word for it. */
const isVendors = (name: string) => name.startsWith('x-') && name !== 'x-nullable';
