import { documentId, followRef, isObject, type JsonObject } from './json-pointer.js';
import { stepKeyword } from './schema-keywords.js';

/** Which way a message goes: members that are read-only are not asked of requests, write-only ones not of answers. */
export type Direction = 'request' | 'answer';

/**
 * The document with its schemas in JSON Schema 2020-12, as OpenAPI 3.1 has them. OpenAPI 3.0 and 2.0 say `nullable` and
 * write exclusive limits as booleans. Walks everything, since schemas may stand anywhere; what is no schema stays usable.
 */
export function inCurrentDialect(document: JsonObject, direction: Direction, isOld: boolean): JsonObject {
  const excused = direction === 'request' ? 'readOnly' : 'writeOnly';
  const walk = (value: unknown, isExample: boolean): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, isExample));
    if (!isObject(value)) return value;
    const entries = Object.entries(value)
      // `$id` inside of an API's document would move what its references lead to.
      .filter(([name, item]) => !(name === '$id' || name === '$schema') || typeof item !== 'string')
      .map(([name, item]) => [name, isExample ? item : walk(item, literal.has(name) && !isObject(value.properties))]);
    const copy: Record<string, unknown> = Object.fromEntries(entries);
    if (isExample) return copy;
    if (typeof copy.$ref === 'string' && copy.$ref.startsWith('#')) {
      copy.$ref = documentId + copy.$ref;
      copy[stepKeyword] = true;
    }
    if (isOld) upgrade(copy);
    excuse(document, copy, value, excused);
    return copy;
  };
  return walk(document, false) as JsonObject;
}

/** Values and not schemas. */
const literal = new Set(['example', 'examples', 'default', 'enum', 'const']);

function upgrade(schema: Record<string, unknown>): void {
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue;
    if (schema[exclusive] && typeof schema[limit] === 'number') {
      schema[exclusive] = schema[limit];
      delete schema[limit];
    } else delete schema[exclusive];
  }
  const isNullable = schema.nullable === true || schema['x-nullable'] === true;
  // A member of an object may itself be called "nullable".
  if (typeof schema.nullable === 'boolean') delete schema.nullable;
  if (!isNullable || typeof schema.type !== 'string') return;
  schema.type = [schema.type, 'null'];
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) schema.enum = [...schema.enum, null];
}

function excuse(document: JsonObject, copy: Record<string, unknown>, schema: JsonObject, excused: string): void {
  const { required, properties } = schema;
  if (!Array.isArray(required) || !isObject(properties)) return;
  copy.required = required.filter((name) => {
    const property = typeof name === 'string' && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!isObject(property)) return true;
    if (property[excused] === true) return false;
    return typeof property.$ref !== 'string' || followRef(document, property)[excused] !== true;
  });
}
