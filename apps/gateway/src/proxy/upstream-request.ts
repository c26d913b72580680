import { Readable } from 'node:stream';
import type { Exchange } from '../pipeline/exchange.js';
import { findHeader } from '../pipeline/header-lines.js';
import type { UpstreamRequest } from './http1/upstream-request.js';
import { RequestBody } from './request-body.js';
import { requestHeaders } from './request-headers.js';
import { withoutStickyCookie } from './sticky-cookie.js';
import type { UpstreamCall } from './upstream-call.js';

/** The client's body when it is yet to come; undefined when there is none or a stage has read it. */
export function streamedBody(exchange: Exchange): RequestBody | undefined {
  return exchange.body === undefined && isBodyExpected(exchange) ? new RequestBody(exchange.request) : undefined;
}

/** What an attempt of the call sends. `authorization` is the gateway's own: the client's never gets this far. */
export function upstreamRequest(
  { exchange, body }: UpstreamCall,
  path: string,
  authorization: string | undefined,
  { isSticky, headersTimeout }: { readonly isSticky: boolean; readonly headersTimeout: number },
): UpstreamRequest {
  const kept = exchange.body;
  const length = body === undefined ? undefined : findHeader(exchange.rawHeaders, 'content-length');
  const headers = requestHeaders(exchange, kept === undefined ? length : String(kept.length));
  if (isSticky) withoutStickyCookie(headers);
  if (authorization !== undefined) setAuthorization(headers, authorization);
  return {
    path,
    method: exchange.method,
    headers,
    body: body ?? (kept === undefined || kept.length === 0 ? null : Readable.from([kept], { objectMode: false })),
    headersTimeout,
  };
}

/** One line only, also where a policy has set one. */
function setAuthorization(headers: string[], value: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i]?.toLowerCase() === 'authorization') headers.splice(i, 2);
  }
  headers.push('authorization', value);
}

/** May be sent again without anybody noticing (RFC 9110 section 9.2.1). */
export function isRepeatable({ exchange, body }: UpstreamCall): boolean {
  const { method } = exchange;
  return (
    body === undefined && exchange.body === undefined && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')
  );
}

/** Known from the framing alone, never from the method: a GET may carry a body and is then framed anew. */
function isBodyExpected({ request, rawHeaders }: Exchange): boolean {
  if (request.httpVersionMajor > 1) return !request.complete && !isStreamEnded(request);
  const length = findHeader(rawHeaders, 'content-length');
  return (length !== undefined && length !== '0') || findHeader(rawHeaders, 'transfer-encoding') !== undefined;
}

/** HTTP/2 says with the head whether anything follows. */
function isStreamEnded(request: Exchange['request']): boolean {
  return 'stream' in request && (request.stream as { endAfterHeaders?: boolean }).endAfterHeaders === true;
}
