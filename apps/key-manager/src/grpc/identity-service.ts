import type { Logger } from '@keygate/common/logging';
import type {
  AuthenticateUserRequest,
  AuthenticateUserResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  IdentityServiceServer,
  UserInfoRequest,
  UserInfoResponse,
} from '@keygate/proto/keymanager/v1/identity';
import type { AuthorizationServer } from '../authorization-server.js';
import type { Identity } from '../identity.js';
import { OAuthError } from '../oauth2/errors.js';
import type { Callers } from '../operations/callers.js';
import type { CheckedUser, UserCheck } from '../users/user-check.js';
import type { Caller } from './token-calls.js';
import { clientRequest, errorMessage } from './token-messages.js';
import { unary } from './unary-calls.js';

/** IdentityService as grpc-js takes it. */
export function identityService(
  identity: Identity,
  server: Pick<AuthorizationServer, 'userInfo'>,
  { checkUser, callers }: { readonly checkUser: UserCheck; readonly callers: Callers },
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
  /** Says nothing in the log: it is asked for calls of APIs, and holds a password. */
  const authenticateUser = async (asked: AuthenticateUserRequest, { isGone }: Caller) => {
    const { userName, password, clientAddress } = asked;
    return checkedUserMessage(await callers.during(isGone, () => checkUser(userName, password, clientAddress)));
  };
  return {
    userInfo: unary(userInfo, logger),
    discovery: unary(discovery, logger),
    authenticateUser: unary(authenticateUser, logger),
  };
}

function checkedUserMessage(checked: CheckedUser): AuthenticateUserResponse {
  const { revocationSeq } = checked;
  if ('refused' in checked) {
    return { result: { $case: 'refused', refused: { retryAfter: checked.retryAfterSeconds } }, revocationSeq };
  }
  const { owner, scopes, checkedAt } = checked;
  const { subject, tenantDomain, roles } = owner;
  const user = { user: subject, tenantDomain, roles: [...roles], scopes: [...scopes], checkedAt };
  return { result: { $case: 'user', user }, revocationSeq };
}
