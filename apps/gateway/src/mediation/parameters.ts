import type { ContractedHead } from '../apis/compiled-mediation.js';
import { headerValues } from '../pipeline/header-lines.js';
import { followRef, isObject, type JsonObject } from './json-pointer.js';
import { decoded, pathValues } from './path-values.js';
import type { SchemaCheck, SchemaCompiler } from './schema-compiler.js';

interface Parameter {
  readonly where: 'query' | 'header' | 'path';
  readonly name: string;
  readonly isRequired: boolean;
  readonly mayBeEmpty: boolean;
  /** What stands between the items of a list; undefined: the name is given again for each. */
  readonly separator: string | undefined;
  readonly isList: boolean;
  /** Undefined where only its presence is checked. */
  readonly check: SchemaCheck | undefined;
}

/** The parameters that an operation and its path declare; those of the operation win. */
export function parametersOf(
  document: JsonObject,
  declared: readonly unknown[],
  compiler: SchemaCompiler,
): readonly Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const entry of declared) {
    const parameter = parameterOf(document, followRef(document, entry), compiler);
    if (parameter !== undefined) parameters.set(`${parameter.where} ${parameter.name}`, parameter);
  }
  return [...parameters.values()];
}

/** OpenAPI: these are described elsewhere, and a parameter of that name says nothing. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization']);

function parameterOf(document: JsonObject, given: JsonObject, compiler: SchemaCompiler): Parameter | undefined {
  const { name, in: where, style } = given;
  if (typeof name !== 'string' || (where !== 'query' && where !== 'header' && where !== 'path')) return undefined;
  if (where === 'header' && ignoredHeaders.has(name.toLowerCase())) return undefined;
  const schema = isObject(given.schema) ? followRef(document, given.schema) : undefined;
  const types = [schema?.type].flat();
  const isList = types.includes('array');
  const isReadable = schema !== undefined && !types.includes('object') && style !== 'deepObject';
  return {
    where,
    name,
    isRequired: where === 'path' || given.required === true,
    mayBeEmpty: given.allowEmptyValue === true,
    separator: separatorOf(where, style, given.explode),
    isList,
    check: isReadable ? compiler.check(given.schema) : undefined,
  };
}

function separatorOf(where: Parameter['where'], style: unknown, explode: unknown): string | undefined {
  if (style === 'pipeDelimited') return '|';
  if (style === 'spaceDelimited') return ' ';
  return where === 'query' && explode !== false ? undefined : ',';
}

/** What does not fit, in words. */
export function parameterCheck(parameters: readonly Parameter[], target: string) {
  const paths = pathValues(target);
  return ({ suffix, query, rawHeaders }: ContractedHead): string | undefined => {
    if (parameters.length === 0) return undefined;
    const queries = queryValues(query);
    const variables = paths(suffix);
    for (const parameter of parameters) {
      const values = valuesOf(parameter, queries, variables, rawHeaders);
      const problem = values === undefined ? absent(parameter) : misfitOf(parameter, values);
      if (problem !== undefined) return `${parameter.where} parameter ${parameter.name} ${problem}`;
    }
    return undefined;
  };
}

function absent({ isRequired }: Parameter): string | undefined {
  return isRequired ? 'is missing' : undefined;
}

function misfitOf({ separator, isList, check, mayBeEmpty }: Parameter, values: readonly string[]): string | undefined {
  if (mayBeEmpty && values.every((value) => value === '')) return undefined;
  if (check === undefined) return undefined;
  if (isList) return check(separator === undefined ? [...values] : values.flatMap((value) => value.split(separator)));
  // Backends differ in which one of several they take.
  return values.length > 1 ? 'is given more than once' : check(values[0]);
}

function valuesOf(
  { where, name, check }: Parameter,
  queries: ReadonlyMap<string, readonly string[]>,
  variables: ReadonlyMap<string, string>,
  rawHeaders: readonly string[],
): readonly string[] | undefined {
  if (where === 'query') {
    // An object in several parameters, `name[member]=…`.
    const isDeep = check === undefined && [...queries.keys()].some((key) => key.startsWith(`${name}[`));
    return queries.get(name) ?? (isDeep ? [''] : undefined);
  }
  if (where === 'path') return variables.has(name) ? [variables.get(name) as string] : undefined;
  const values = headerValues(rawHeaders, name.toLowerCase());
  return values.length > 0 ? values : undefined;
}

function queryValues(query: string | undefined): ReadonlyMap<string, string[]> {
  const values = new Map<string, string[]>();
  if (query === undefined || query === '') return values;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const name = decoded((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1).replaceAll('+', ' '));
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values;
}
