import { status } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import { TemporarilyUnavailable } from '../oauth2/errors.js';
import { StoreUnavailable } from '../storage/errors.js';
import { SlowReader } from './served-stream.js';

/** The status of a call that has no answer, as the caller gets it. */
export interface GrpcFailure {
  readonly code: status;
  readonly details: string;
}

/**
 * Failures that are no answers: the database is away (UNAVAILABLE: another key manager may know), too many passwords
 * wait to be checked (RESOURCE_EXHAUSTED), a reader that stalled, or a bug (INTERNAL). What went wrong is for our log; the caller gets the status alone.
 */
export function grpcFailure(error: unknown, correlationId: string, logger: Logger): GrpcFailure {
  const code = statusOf(error);
  const facts = { correlationId, grpcStatus: status[code] };
  if (code === status.INTERNAL) logger.error({ ...facts, err: error }, 'gRPC call failed');
  else logger.warn({ ...facts, reason: error instanceof Error ? error.message : 'unknown' }, 'gRPC call refused');
  return { code, details: details[code] ?? 'internal error' };
}

function statusOf(error: unknown): status {
  if (error instanceof StoreUnavailable) return status.UNAVAILABLE;
  if (error instanceof TemporarilyUnavailable) return status.RESOURCE_EXHAUSTED;
  if (error instanceof SlowReader) return status.ABORTED;
  return status.INTERNAL;
}

const details: Partial<Record<status, string>> = {
  [status.UNAVAILABLE]: 'the database cannot answer',
  [status.RESOURCE_EXHAUSTED]: 'too busy',
  [status.ABORTED]: 'the reader is too slow',
};
