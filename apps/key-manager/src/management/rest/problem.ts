import type { z } from 'zod';
import { TooManyAttempts } from '../../oauth2/errors.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists, InvalidValue, NotFound, StoreUnavailable } from '../../storage/errors.js';
import { QueueFull } from '../../users/bounded-queue.js';
import { UnacceptablePassword, UnacceptableUserName } from '../../users/user-accounts.js';
import { errorTable } from './error-table.js';
import type { RestError } from './route.js';

/** A refusal that belongs to the edge: authentication, and requests that do not fit. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(readonly error: RestError) {
    super(error.description);
  }
}

const restError = (status: number, message: string, description: string, more: Partial<RestError> = {}): RestError => ({
  status,
  code: status,
  message,
  description,
  details: [],
  headers: {},
  ...more,
});

/** 401 with the challenge RFC 6750 §3 or RFC 7617 §2 asks for. */
export function unauthenticated(challenge: string, description: string): Problem {
  return new Problem(restError(401, 'Unauthorized', description, { headers: { 'WWW-Authenticate': challenge } }));
}

export function forbidden(description: string): Problem {
  return new Problem(restError(403, 'Forbidden', description));
}

export function badRequest(description: string): Problem {
  return new Problem(restError(400, 'Bad Request', description));
}

export function unsupportedMediaType(): Problem {
  return new Problem(restError(415, 'Unsupported Media Type', 'The body must be JSON without a content coding'));
}

/** 400 that names every member that does not fit. */
export function misfit(where: 'body' | 'query', issues: readonly z.core.$ZodIssue[]): Problem {
  const details = issues.slice(0, 20).map(({ path, message }) => ({
    code: '400',
    message: `${[where, ...path].map(String).join('.')}: ${message}`,
  }));
  return new Problem(restError(400, 'Bad Request', details.map(({ message }) => message).join('; '), { details }));
}

/** What any thrown thing becomes on the wire. The text of an unexpected error stays in the log. */
export function toRestError(thrown: unknown): RestError {
  if (thrown instanceof Problem) return thrown.error;
  if (thrown instanceof Refusal) {
    const { status, code, message } = errorTable[thrown.reason];
    return restError(status, message, thrown.description, { code });
  }
  if (thrown instanceof AlreadyExists) return restError(409, 'Conflict', thrown.message);
  if (unacceptable.some((kind) => thrown instanceof kind)) {
    return restError(400, 'Bad Request', (thrown as Error).message);
  }
  if (thrown instanceof NotFound) return restError(404, 'Not Found', thrown.message);
  if (thrown instanceof TooManyAttempts) {
    const headers = { 'Retry-After': String(thrown.retryAfterSeconds) };
    return restError(429, 'Too Many Requests', thrown.description, { headers });
  }
  if (thrown instanceof StoreUnavailable || thrown instanceof QueueFull || isTemporarilyUnavailable(thrown)) {
    return restError(503, 'Service Unavailable', 'The server cannot answer now', { headers: { 'Retry-After': '1' } });
  }
  const status = requestFault(thrown);
  return status === undefined
    ? restError(500, 'Internal server error', 'An unexpected error occurred')
    : restError(status, 'Bad Request', thrown instanceof Error ? thrown.message : 'The request cannot be read');
}

/** Values that were sent and cannot be taken; their messages say why. */
const unacceptable = [InvalidValue, UnacceptablePassword, UnacceptableUserName];

/** The authorization server's own 503, recognised by its wire word so that any of its ports may throw it. */
function isTemporarilyUnavailable(thrown: unknown): boolean {
  return thrown instanceof Error && 'error' in thrown && thrown.error === 'temporarily_unavailable';
}

/** Fastify's own refusals of a request: too large, wrong media type, broken JSON. */
function requestFault(thrown: unknown): number | undefined {
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

/** WSO2's error body. */
export function wso2ErrorBody({ code, message, description, details }: RestError): unknown {
  return { code, message, description, moreInfo: '', error: details };
}
