import { headerValues } from '../header-lines.js';

/** Directives of Cache-Control with lower-case names; those without a value are ''. RFC 9111 section 5.2. */
export type Directives = ReadonlyMap<string, string>;

const none: Directives = new Map();

/** All lines of Cache-Control together. Of a directive that is given twice the last counts. */
export function cacheControl(headers: readonly string[]): Directives {
  const lines = headerValues(headers, 'cache-control');
  if (lines.length === 0) return none;
  const directives = new Map<string, string>();
  for (const [, name, quoted, token] of lines.join(',').matchAll(directive)) {
    directives.set((name as string).toLowerCase(), quoted ?? token ?? '');
  }
  return directives;
}

const directive = /([A-Za-z0-9_-]+)(?:="([^"]*)"|=([^\s,"]*))?/g;

/** Undefined when it is not there; 0, the careful reading, when it makes no sense. */
export function seconds(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d{1,10}$/.test(value) ? Number(value) : 0;
}
