import type { Upstream } from '../apis/compiled-catalog.js';
import type { TemplatePart } from '../apis/compiled-endpoint.js';
import type { Exchange } from '../pipeline/exchange.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { resourceVariables } from './resource-variables.js';

/** Base path, the suffix as received, then both queries: exactly the bytes that were matched and authorised. */
export function upstreamPath({ route }: Exchange, upstream: Upstream): string {
  if (upstream.template !== undefined) return filledPath(route, upstream.template);
  return joined(upstream.basePath + route.suffix, upstream.query, route.query);
}

function joined(path: string, fixed: string, query: string | undefined): string {
  if (fixed === '') return query === undefined ? path || '/' : `${path || '/'}?${query}`;
  return query === undefined || query === '' ? `${path || '/'}?${fixed}` : `${path || '/'}?${fixed}&${query}`;
}

/** WSO2: the resource's path follows the filled one, but for an endpoint whose query already says what is asked for. */
function filledPath(
  { resource, suffix, query }: Exchange['route'],
  template: NonNullable<Upstream['template']>,
): string {
  const values = resourceVariables(resource?.target ?? '', suffix, query);
  const path = template.path.map((part) => textOf(part, values, 'path')).join('');
  // A variable may come from the query, which nobody has looked at: it must not lead out of the path it stands in.
  if (hasDotSegment(path)) throw new GatewayError('badRequest', { description: 'The path leads elsewhere.' });
  const fixed = template.query.map((part) => textOf(part, values, 'query')).join('');
  const isQueryTemplate = template.query.some((part) => typeof part !== 'string');
  return joined(isQueryTemplate ? path : path + suffix, fixed, query);
}

function textOf(part: TemplatePart, values: ReadonlyMap<string, string>, place: 'path' | 'query'): string {
  if (typeof part === 'string') return part;
  const value = values.get(part.name) ?? '';
  if (!part.keepsReserved) return encoded(value, /%[0-9A-Fa-f]{2}|[\w.~-]/g);
  // What would begin another part of the URL is data even so.
  return encoded(value, place === 'path' ? kept.path : kept.query);
}

const kept = {
  path: /%[0-9A-Fa-f]{2}|[\w.~!$&'()*+,;=:@/[\]-]/g,
  query: /%[0-9A-Fa-f]{2}|[\w.~!$'()*+,;=:@/?[\]-]/g,
};

/** Percent-encodes all that `allowed` does not match (RFC 6570 section 3.2.2, 3.2.3); triplets stay as they are. */
function encoded(value: string, allowed: RegExp): string {
  let result = '';
  let from = 0;
  for (const match of value.matchAll(allowed)) {
    result += escaped(value.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  return result + escaped(value.slice(from));
}

function escaped(text: string): string {
  let result = '';
  for (const byte of Buffer.from(text, 'latin1')) {
    result += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return result;
}

function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}(?:;.*)?$/i.test(segment));
}
