import { type Definition, isObject, objectAt, verbs } from './definition.js';

export interface DefinitionError {
  readonly code: number;
  readonly message: string;
  readonly description: string;
}

const maxErrors = 20;
const maxDepth = 100;
const maxNodes = 200_000;

/** What is wrong with a document; empty when it can be used. Nothing is fetched: references stay inside the document. */
export function checkDefinition(value: unknown): DefinitionError[] {
  if (!isObject(value)) return [wrong('The definition is no object')];
  if (!isBounded(value)) return [wrong('The definition is nested too deeply or has too many parts')];
  const problems = [...headProblems(value), ...pathProblems(value), ...referenceProblems(value)];
  return problems.slice(0, maxErrors).map(wrong);
}

function wrong(description: string): DefinitionError {
  return { code: 900754, message: 'OpenAPI content validation failed', description };
}

function headProblems(document: Definition): string[] {
  const { title, version } = objectAt(document, 'info');
  const problems: string[] = [];
  const isKnown = document.swagger === '2.0' || /^3\.[01]\.\d+/.test(String(document.openapi ?? ''));
  if (!isKnown) problems.push('The version of the definition is not one of 2.0, 3.0 and 3.1');
  if (typeof title !== 'string') problems.push('attribute info.title is missing');
  if (typeof version !== 'string') problems.push('attribute info.version is missing');
  return problems;
}

function pathProblems(document: Definition): string[] {
  if (!isObject(document.paths)) return ['attribute paths is missing'];
  return Object.entries(document.paths).flatMap(([path, item]) => {
    if (path.startsWith('x-')) return [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a path
    if (!/^\/[^\s\x00-\x1f\x7f\\#]*$/.test(path) || path.length > 1_024) return [`${path.slice(0, 100)} is no path`];
    if (!isObject(item)) return [`attribute paths.'${path}' is not of type object`];
    return verbs.flatMap((verb) => operationProblems(path, verb, item));
  });
}

function operationProblems(path: string, verb: string, item: Definition): string[] {
  if (!Object.hasOwn(item, verb)) return [];
  const where = `paths.'${path}'(${verb})`;
  const operation = item[verb];
  if (!isObject(operation)) return [`attribute ${where} is not of type object`];
  const problems = isObject(operation.responses) ? [] : [`attribute ${where}.responses is missing`];
  if (operation.parameters !== undefined && !Array.isArray(operation.parameters)) {
    problems.push(`attribute ${where}.parameters is not of type array`);
  }
  return problems;
}

function referenceProblems(document: Definition): string[] {
  const problems: string[] = [];
  walk(document, (value) => {
    const ref = value.$ref;
    if (typeof ref !== 'string') return;
    if (!ref.startsWith('#')) problems.push('A reference leads out of the document');
    else if (ref.startsWith('#/') && !leadsSomewhere(document, ref))
      problems.push(`${ref.slice(0, 200)} leads nowhere`);
  });
  return problems;
}

function leadsSomewhere(document: Definition, ref: string): boolean {
  let found: unknown = document;
  for (const part of ref.slice(2).split('/')) {
    const name = unescaped(part);
    if (Array.isArray(found)) found = found[Number(name)];
    else found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found !== undefined;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
}

function walk(value: unknown, visit: (value: Definition) => void): void {
  if (isObject(value)) visit(value);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, item] of Object.entries(value)) if (name !== 'example' && name !== 'examples') walk(item, visit);
}

function isBounded(document: Definition): boolean {
  let nodes = 0;
  let level: unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    nodes += level.length;
    if (depth > maxDepth || nodes > maxNodes) return false;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return true;
}
