import { randomUUID } from 'node:crypto';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

// Bounded and without spaces or quotes: the value goes into logs and on to backends.
const wellFormed = /^[\w.:-]{1,128}$/;
const traceParent = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/;

/** Whether a value from outside may be used as a correlation id. */
export function isCorrelationId(value: unknown): value is string {
  return typeof value === 'string' && wellFormed.test(value);
}

/**
 * The id that ties the log lines of one request together: `activityid` (WSO2), `x-correlation-id`, the trace id of
 * `traceparent` (W3C), in this order, if well-formed; otherwise a new UUID. Header names are in lower case.
 */
export function correlationOf(headers: Headers): string {
  for (const name of ['activityid', 'x-correlation-id']) {
    const value = headers[name];
    if (isCorrelationId(value)) return value;
  }
  const parent = headers.traceparent;
  const traceId = typeof parent === 'string' ? traceParent.exec(parent)?.[1] : undefined;
  // Trace Context §3.2.2.3: all zeros is invalid.
  return traceId !== undefined && !/^0+$/.test(traceId) ? traceId : randomUUID();
}
