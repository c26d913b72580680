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
import { clientRequest, errorMessage } from './token-messages.js';
import { unary } from './unary-calls.js';

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
