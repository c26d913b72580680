import { status } from '@grpc/grpc-js';
import { correlationOf, type Logger } from '@keygate/common/logging';
import type { HotPathRequest, HotPathResponse } from '@keygate/proto/keymanager/v1/hot_path';
import { grpcFailure } from './grpc-failure.js';
import type { Caller, TokenCalls } from './token-calls.js';

export type HotPathAnswer = NonNullable<HotPathResponse['response']>;

/** Answers one entry of a stream. Never rejects: what a unary call says by its status is a failure of the entry. */
export type AnswerEntry = (entry: HotPathRequest, isGone: () => boolean) => Promise<HotPathAnswer>;

export function hotPathAnswers(calls: TokenCalls, logger: Logger): AnswerEntry {
  return async (entry, isGone) => {
    const caller = { correlationId: () => correlationOf({ 'x-correlation-id': entry.correlationId }), isGone };
    try {
      return await answerOf(calls, entry.request, caller);
    } catch (error) {
      return { $case: 'failure', failure: grpcFailure(error, caller.correlationId(), logger) };
    }
  };
}

async function answerOf(calls: TokenCalls, request: HotPathRequest['request'], caller: Caller): Promise<HotPathAnswer> {
  switch (request?.$case) {
    case 'validateToken':
      return { $case: 'validateToken', validateToken: await calls.validateToken(request.validateToken) };
    case 'issueToken':
      return { $case: 'issueToken', issueToken: await calls.issueToken(request.issueToken, caller) };
    case 'revokeToken':
      return { $case: 'revokeToken', revokeToken: await calls.revokeToken(request.revokeToken, caller) };
    case 'introspectToken':
      return {
        $case: 'introspectToken',
        introspectToken: await calls.introspectToken(request.introspectToken, caller),
      };
    default:
      // A gateway newer than this key manager; it asks again by a unary call, which says the same.
      return failure(status.UNIMPLEMENTED, 'this key manager does not know the request');
  }
}

export function failure(code: status, details: string): HotPathAnswer {
  return { $case: 'failure', failure: { code, details } };
}
