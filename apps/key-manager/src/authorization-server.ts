import type { PushedAuthorization } from './oauth2/authorization/pushed-authorization.js';
import type { ClientRequest } from './oauth2/client-request.js';
import type { DeviceAuthorization } from './oauth2/device-authorization/device-authorization-endpoint.js';
import type { Introspection } from './oauth2/introspection.js';
import type { KeyValidation } from './oauth2/key-validation.js';
import type { TokenGranted } from './oauth2/model.js';
import type { UserInfo } from './oauth2/userinfo.js';

export const AuthorizationServer = Symbol('AuthorizationServer');
/** The authorization server as its edges see it. Every function throws an `OAuthError`, or what the stores throw. */
export interface AuthorizationServer {
  issueToken(request: ClientRequest): Promise<TokenGranted>;
  revokeToken(request: ClientRequest): Promise<void>;
  introspectToken(request: ClientRequest): Promise<Introspection>;
  /** The claims of the user whom the access token of the request is for. */
  userInfo(request: ClientRequest): Promise<UserInfo>;
  authorizeDevice(request: ClientRequest): Promise<DeviceAuthorization>;
  pushAuthorization(request: ClientRequest): Promise<PushedAuthorization>;
  /** By the SHA-256 of an access token. Never throws an `OAuthError`. */
  validateToken(tokenHash: Buffer, wantsUserClaims?: boolean): Promise<KeyValidation>;
  /** By the SHA-256 of an access token that was good for one call. */
  revokeOneTimeToken(tokenHash: Buffer): Promise<void>;
}
