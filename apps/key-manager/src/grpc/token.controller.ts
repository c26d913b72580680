import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import type {
  IntrospectTokenRequest,
  IntrospectTokenResponse,
  IssueTokenRequest,
  IssueTokenResponse,
  OAuthErrorAnswer,
  RevokeTokenRequest,
  RevokeTokenResponse,
} from '@keygate/proto/keymanager/v1/token';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AuthorizationServer } from '../authorization-server.js';
import { OAuthError } from '../oauth2/errors.js';
import { Callers } from '../operations/callers.js';
import { correlationOfCall } from './correlation.js';
import { AppLogger, GrpcStatusFilter } from './grpc-status.filter.js';
import { clientRequest, errorMessage, introspectionMessage } from './token-messages.js';

type Call = Pick<ServerUnaryCall<unknown, unknown>, 'cancelled'>;

/** An OAuth error is an answer here; whatever else is thrown becomes a gRPC status (`grpc-status.filter.ts`). */
@Controller()
@UseFilters(GrpcStatusFilter)
export class TokenController {
  constructor(
    @Inject(AuthorizationServer) private readonly server: AuthorizationServer,
    @Inject(Callers) private readonly callers: Callers,
    @Inject(AppLogger) private readonly logger: Logger,
  ) {}

  @GrpcMethod('TokenService', 'issueToken')
  async issueToken({ request }: IssueTokenRequest, metadata: Metadata, call: Call): Promise<IssueTokenResponse> {
    const answer = await this.#answer('issueToken', metadata, call, () =>
      this.server.issueToken(clientRequest(request)),
    );
    return 'error' in answer
      ? { result: { $case: 'error', error: answer.error } }
      : { result: { $case: 'granted', granted: answer.value } };
  }

  @GrpcMethod('TokenService', 'revokeToken')
  async revokeToken({ request }: RevokeTokenRequest, metadata: Metadata, call: Call): Promise<RevokeTokenResponse> {
    const answer = await this.#answer('revokeToken', metadata, call, () =>
      this.server.revokeToken(clientRequest(request)),
    );
    return { error: 'error' in answer ? answer.error : undefined };
  }

  @GrpcMethod('TokenService', 'introspectToken')
  async introspectToken(
    { request }: IntrospectTokenRequest,
    metadata: Metadata,
    call: Call,
  ): Promise<IntrospectTokenResponse> {
    const introspect = () => this.server.introspectToken(clientRequest(request));
    const answer = await this.#answer('introspectToken', metadata, call, introspect);
    return 'error' in answer
      ? { result: { $case: 'error', error: answer.error } }
      : { result: { $case: 'introspection', introspection: introspectionMessage(answer.value) } };
  }

  async #answer<T>(
    method: string,
    metadata: Metadata,
    call: Call,
    work: () => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: OAuthErrorAnswer }> {
    const facts = { correlationId: correlationOfCall(metadata), method };
    const began = performance.now();
    const ms = () => Math.round(performance.now() - began);
    try {
      const value = await this.callers.during(() => call.cancelled, work);
      this.logger.info({ ...facts, result: 'ok', ms: ms() }, 'answered');
      return { value };
    } catch (thrown) {
      if (!(thrown instanceof OAuthError)) throw thrown;
      this.logger.info({ ...facts, result: thrown.error, ms: ms() }, 'answered');
      return { error: errorMessage(thrown) };
    }
  }
}
