import { type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import type { KeyValidationServiceServer } from '@keygate/proto/keymanager/v1/key_validation';
import type { TokenServiceServer } from '@keygate/proto/keymanager/v1/token';
import { correlationOfCall } from './correlation.js';
import { grpcFailure } from './grpc-failure.js';
import type { Caller, TokenCalls } from './token-calls.js';

type Work<Request, Response> = (request: Request, caller: Caller) => Promise<Response>;

/** A handler as grpc-js takes it, without Nest in between. */
export function unary<Request, Response>(
  work: Work<Request, Response>,
  logger: Logger,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const caller = { correlationId: () => correlationOfCall(call.metadata), isGone: () => call.cancelled };
    work(call.request, caller).then(
      (response) => callback(null, response),
      (error: unknown) => callback({ ...grpcFailure(error, caller.correlationId(), logger), metadata: new Metadata() }),
    );
  };
}

export function tokenService(calls: TokenCalls, logger: Logger): TokenServiceServer {
  return {
    issueToken: unary((request, caller) => calls.issueToken(request, caller), logger),
    revokeToken: unary((request, caller) => calls.revokeToken(request, caller), logger),
    introspectToken: unary((request, caller) => calls.introspectToken(request, caller), logger),
  };
}

export function keyValidationService(calls: TokenCalls, logger: Logger): KeyValidationServiceServer {
  return {
    validateToken: unary((request) => calls.validateToken(request), logger),
    revokeOneTimeToken: unary((request) => calls.revokeOneTimeToken(request), logger),
  };
}
