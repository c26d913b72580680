import type { Logger } from '@keygate/common/logging';
import type { ArgumentsHost, RpcExceptionFilter } from '@nestjs/common';
import { Catch, Inject } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { correlationOfCall } from './correlation.js';
import { grpcFailure } from './grpc-failure.js';

/** Nest's token for the logger of the process. */
export const AppLogger = Symbol('AppLogger');

/** Gives calls that Nest serves the same failures as the others. */
@Catch()
export class GrpcStatusFilter implements RpcExceptionFilter {
  constructor(@Inject(AppLogger) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> {
    const correlationId = correlationOfCall(host.switchToRpc().getContext());
    return throwError(() => grpcFailure(error, correlationId, this.logger));
  }
}
