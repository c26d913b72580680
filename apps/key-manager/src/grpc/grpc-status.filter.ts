import { status } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import type { ArgumentsHost, RpcExceptionFilter } from '@nestjs/common';
import { Catch, Inject } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { StoreUnavailable } from '../storage/errors.js';
import { correlationOfCall } from './correlation.js';
import { SlowReader } from './served-stream.js';

/** Nest's token for the logger of the process. */
export const AppLogger = Symbol('AppLogger');

/**
 * Failures that are no answers: the database is away (UNAVAILABLE: another key manager may know), a reader that
 * stalled, or a bug (INTERNAL). What went wrong is for our log; the caller gets the status alone.
 */
@Catch()
export class GrpcStatusFilter implements RpcExceptionFilter {
  constructor(@Inject(AppLogger) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    const code = statusOf(error);
    const facts = { correlationId: correlationOfCall(host.switchToRpc().getContext()), grpcStatus: status[code] };
    if (code === status.INTERNAL) this.logger.error({ ...facts, err: error }, 'gRPC call failed');
    else
      this.logger.warn({ ...facts, reason: error instanceof Error ? error.message : 'unknown' }, 'gRPC call refused');
    return throwError(() => ({ code, details: details[code] ?? 'internal error' }));
  }
}

function statusOf(error: unknown): status {
  if (error instanceof StoreUnavailable) return status.UNAVAILABLE;
  if (error instanceof SlowReader) return status.ABORTED;
  return status.INTERNAL;
}

const details: Partial<Record<status, string>> = {
  [status.UNAVAILABLE]: 'the database cannot answer',
  [status.ABORTED]: 'the reader is too slow',
};
