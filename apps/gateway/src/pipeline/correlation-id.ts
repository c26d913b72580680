import { randomUUID } from 'node:crypto';
import { findHeader } from './header-lines.js';

const wellFormed = /^[\w.:-]{8,128}$/;
const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

/**
 * The id that ties a request's log lines together, on both sides of the gateway. A client may choose it (WSO2:
 * `activityid`), but only from characters that cannot forge a log line.
 */
export function correlationIdOf(rawHeaders: readonly string[]): string {
  const given = findHeader(rawHeaders, 'activityid') ?? findHeader(rawHeaders, 'x-correlation-id');
  if (given !== undefined && wellFormed.test(given)) return given;
  const trace = traceParent.exec(findHeader(rawHeaders, 'traceparent') ?? '');
  return trace?.[1] ?? randomUUID();
}
