import type { CompiledApi } from '../apis/compiled-catalog.js';
import type { Exchange } from '../pipeline/exchange.js';
import { editHeaders } from '../pipeline/mediation/header-edits.js';

/**
 * Never forwarded as received: what belongs to one connection (RFC 9110 section 7.6.1), what this gateway
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
 * Transfer-Encoding are left to the connection. A name is judged with `_` read as `-`, because CGI-style backends do.
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
    const { lower, judged, isStripped } = judgedName(name);
    if (lower === 'host' || lower === ':authority') host = value;
    else if (lower === 'te') acceptsTrailers ||= /(?:^|,)\s*trailers\s*(?:,|$)/i.test(value);
    else if (lower === 'cookie' && !named?.has('cookie')) cookies.push(value);
    else if (!isStripped && !isCredential(judged, api) && !named?.has(lower)) result.push(name, value);
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

interface JudgedName {
  readonly lower: string;
  /** With `_` read as `-`. */
  readonly judged: string;
  /** For every API. */
  readonly isStripped: boolean;
}

/** The same few names come with every request. Clients make up others, so there is room for so many only. */
const judgedNames = new Map<string, JudgedName>();
const maxJudgedNames = 2_000;
const maxJudgedLength = 64;

function judgedName(name: string): JudgedName {
  const known = judgedNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const judged = lower.replaceAll('_', '-');
  const isStripped =
    lower.charCodeAt(0) === colon ||
    stripped.has(judged) ||
    strippedPrefixes.some((prefix) => judged.startsWith(prefix));
  const result = { lower, judged, isStripped };
  // The name is a part of a larger text of this request, which must not be kept for it: `lower` is a copy, this is another.
  if (judgedNames.size < maxJudgedNames && name.length <= maxJudgedLength) {
    judgedNames.set(Buffer.from(name, 'latin1').toString('latin1'), result);
  }
  return result;
}

function isCredential(judged: string, { authorizationHeader, security }: CompiledApi): boolean {
  return isSame(judged, authorizationHeader) || (security.takesApiKeys && isSame(judged, security.apiKeyHeader));
}

/** Nearly all names differ in length, which is seen at once. */
function isSame(judged: string, credentialHeader: string): boolean {
  return judged.length === credentialHeader.length && judged === credentialHeader.replaceAll('_', '-');
}

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
