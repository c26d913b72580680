import { type handleUnaryCall, Metadata } from '@grpc/grpc-js';
import type { Logger } from '@keygate/common/logging';
import type {
  DiscoveryRequest,
  DiscoveryResponse,
  IdentityServiceServer,
  UserInfoRequest,
  UserInfoResponse,
} from '@keygate/proto/keymanager/v1/identity';
import type { AuthorizationServer } from '../authorization-server.js';
import type { Identity } from '../identity.js';
import { OAuthError } from '../oauth2/errors.js';
import { correlationOfCall } from './correlation.js';
import { grpcFailure } from './grpc-failure.js';
import { clientRequest, errorMessage } from './token-messages.js';

/** IdentityService as grpc-js takes it. */
export function identityService(
  identity: Identity,
  server: Pick<AuthorizationServer, 'userInfo'>,
  logger: Logger,
): IdentityServiceServer {
  const userInfo = async ({ request }: UserInfoRequest): Promise<UserInfoResponse> => {
    try {
      return { result: { $case: 'claims', claims: JSON.stringify(await server.userInfo(clientRequest(request))) } };
    } catch (thrown) {
      if (!(thrown instanceof OAuthError)) throw thrown;
      return { result: { $case: 'error', error: errorMessage(thrown) } };
    }
  };
  const discovery = async ({ gatewayUrl }: DiscoveryRequest): Promise<DiscoveryResponse> => {
    const { authorization_endpoint: authorizationEndpoint } = identity.metadata();
    return {
      metadata: JSON.stringify(identity.metadata(gatewayUrl || undefined)),
      keyManagerUrl: identity.keyManager,
      authorizationEndpoint: typeof authorizationEndpoint === 'string' ? authorizationEndpoint : '',
    };
  };
  return { userInfo: unary(userInfo, logger), discovery: unary(discovery, logger) };
}

function unary<Request, Response>(
  work: (request: Request) => Promise<Response>,
  logger: Logger,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    work(call.request).then(
      (response) => callback(null, response),
      (error: unknown) =>
        callback({ ...grpcFailure(error, correlationOfCall(call.metadata), logger), metadata: new Metadata() }),
    );
  };
}
