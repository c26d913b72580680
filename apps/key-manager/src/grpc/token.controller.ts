import type {
  IntrospectTokenRequest,
  IntrospectTokenResponse,
  IssueTokenRequest,
  IssueTokenResponse,
  RevokeTokenRequest,
  RevokeTokenResponse,
  TokenService,
} from '@keygate/proto/keymanager/v1/token';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { AuthorizationServer } from '../authorization-server.js';
import { OAuthError } from '../oauth2/errors.js';
import { GrpcStatusFilter } from './grpc-status.filter.js';
import { clientRequest, errorMessage, introspectionMessage } from './token-messages.js';

/** An OAuth error is an answer here; whatever else is thrown becomes a gRPC status (`grpc-status.filter.ts`). */
@Controller()
@UseFilters(GrpcStatusFilter)
export class TokenController implements TokenService {
  constructor(@Inject(AuthorizationServer) private readonly server: AuthorizationServer) {}

  @GrpcMethod('TokenService', 'issueToken')
  async issueToken({ request }: IssueTokenRequest): Promise<IssueTokenResponse> {
    try {
      const granted = await this.server.issueToken(clientRequest(request));
      return { result: { $case: 'granted', granted } };
    } catch (error) {
      return { result: { $case: 'error', error: answered(error) } };
    }
  }

  @GrpcMethod('TokenService', 'revokeToken')
  async revokeToken({ request }: RevokeTokenRequest): Promise<RevokeTokenResponse> {
    try {
      await this.server.revokeToken(clientRequest(request));
      return { error: undefined };
    } catch (error) {
      return { error: answered(error) };
    }
  }

  @GrpcMethod('TokenService', 'introspectToken')
  async introspectToken({ request }: IntrospectTokenRequest): Promise<IntrospectTokenResponse> {
    try {
      const introspection = await this.server.introspectToken(clientRequest(request));
      return { result: { $case: 'introspection', introspection: introspectionMessage(introspection) } };
    } catch (error) {
      return { result: { $case: 'error', error: answered(error) } };
    }
  }
}

function answered(thrown: unknown) {
  if (thrown instanceof OAuthError) return errorMessage(thrown);
  throw thrown;
}
