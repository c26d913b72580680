import type { CompiledApi } from '../apis/compiled-catalog.js';
import type { Exchange } from '../pipeline/exchange.js';
import { editHeaders } from '../pipeline/mediation/header-edits.js';

/**
 * Never forwarded as received: what belongs to one connection (RFC 9110 section 7.6.1), what undici or this gateway
 * sets itself, credentials for the gateway, and what would let a client speak in the gateway's name or make a backend
 * serve another path or method than the one that was authorised.
 */
const stripped = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy', 'http2-settings', 'expect'],
  ...['host', 'content-length', 'authorization', 'dpop', 'internal-key', 'activityid'],
  ...['x-jwt-assertion', 'forwarded', 'x-real-ip'],
  ...['x-original-url', 'x-original-uri', 'x-rewrite-url'],
  ...['x-http-method-override', 'x-http-method', 'x-method-override'],
]);

const strippedPrefixes = ['proxy-', 'x-forwarded-', 'x-wso2-'];

/**
 * The headers for the backend, names and values in turn: strip first, then inject. Host, Connection and
 * Transfer-Encoding are left to undici. A name is judged with `_` read as `-`, because CGI-style backends do.
 */
export function requestHeaders(exchange: Exchange, contentLength: string | undefined): string[] {
  const { rawHeaders, api } = exchange;
  const named = namedInConnection(rawHeaders);
  const result: string[] = [];
  const cookies: string[] = [];
  let host = '';
  let acceptsTrailers = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === 'host' || lower === ':authority') host = value;
    else if (lower === 'te') acceptsTrailers ||= /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value);
    else if (lower === 'cookie' && !named?.has('cookie')) cookies.push(value);
    else if (!isStripped(lower, api, named)) result.push(name, value);
  }
  // HTTP/2 may split a cookie over several lines; HTTP/1.1 must get one (RFC 9113 section 8.2.3).
  if (cookies.length > 0) result.push('cookie', cookies.join('; '));
  if (contentLength !== undefined) result.push('content-length', contentLength);
  if (acceptsTrailers) result.push('te', 'trailers');
  if (exchange.clientAddress !== '') result.push('x-forwarded-for', exchange.clientAddress);
  result.push('x-forwarded-proto', exchange.scheme);
  if (host !== '') result.push('x-forwarded-host', host);
  result.push('activityid', exchange.correlationId);
  const { outgoing } = exchange;
  if (outgoing !== undefined) {
    editHeaders(result, outgoing.edits);
    editHeaders(result, outgoing.own);
  }
  return result;
}

function isStripped(
  lower: string,
  { authorizationHeader, security }: CompiledApi,
  named: ReadonlySet<string> | undefined,
): boolean {
  if (lower.charCodeAt(0) === colon) return true;
  const judged = lower.includes('_') ? lower.replaceAll('_', '-') : lower;
  if (stripped.has(judged) || isSame(judged, authorizationHeader)) return true;
  if (security.takesApiKeys && isSame(judged, security.apiKeyHeader)) return true;
  for (const prefix of strippedPrefixes) if (judged.startsWith(prefix)) return true;
  return named?.has(lower) ?? false;
}

const isSame = (judged: string, credentialHeader: string) => judged === credentialHeader.replaceAll('_', '-');

const colon = 0x3a;

/** Lower-case names that Connection says end here; undefined when it names nothing but the usual two. */
export function namedInConnection(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const value = (rawHeaders[i + 1] as string).toLowerCase();
    if (value === 'keep-alive' || value === 'close') continue;
    named ??= new Set();
    for (const token of value.split(',')) named.add(token.trim());
  }
  return named;
}
