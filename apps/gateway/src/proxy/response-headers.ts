import { namedInConnection } from './request-headers.js';

/** Of one connection only (RFC 9110 section 7.6.1); the client's side gets its own. */
const stripped = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'x-jwt-assertion'],
  ...['proxy-connection', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
]);

/** What a trailer must not change any more (RFC 9110 section 6.5.1). */
const neverTrailers = new Set([
  ...stripped,
  ...['content-length', 'content-encoding', 'content-type', 'content-range', 'host', 'authorization', 'set-cookie'],
  ...['cache-control', 'www-authenticate', 'location', 'expires', 'age', 'date', 'vary'],
]);

/**
 * The backend's headers for the client, names and values in turn; lines of the same name stay separate, as
 * Set-Cookie must.
 */
export function responseHeaders(lines: readonly string[], status: number): string[] {
  return keep(lines, status === 204 ? bodiless : stripped);
}

export function responseTrailers(lines: readonly string[]): [string, string][] {
  const kept = keep(lines, neverTrailers);
  const pairs: [string, string][] = [];
  for (let i = 0; i < kept.length; i += 2) pairs.push([kept[i] as string, kept[i + 1] as string]);
  return pairs;
}

/** A 204 has no body, so a length would be a lie (RFC 9110 section 8.6). */
const bodiless = new Set([...stripped, 'content-length']);

function keep(lines: readonly string[], drop: ReadonlySet<string>): string[] {
  const named = namedInConnection(lines);
  const kept: string[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const lower = (lines[i] as string).toLowerCase();
    if (drop.has(lower) || (named?.has(lower) && !endToEnd.has(lower))) continue;
    kept.push(lines[i] as string, lines[i + 1] as string);
  }
  return kept;
}

/** Framing decides where the answer ends; a backend cannot take it away by naming it in Connection. */
const endToEnd = new Set(['content-length']);
