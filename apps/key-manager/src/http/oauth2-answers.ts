import type { PushedAuthorization } from '../oauth2/authorization/pushed-authorization.js';
import type { DeviceAuthorization } from '../oauth2/device-authorization/device-authorization-endpoint.js';
import type { OAuthError } from '../oauth2/errors.js';
import type { Introspection } from '../oauth2/introspection.js';
import type { TokenGranted } from '../oauth2/model.js';

/** What goes back over HTTP, always as JSON. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** RFC 6749 §5.1 asks for both headers with every answer that holds a token; we send them with every one. */
export const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };

/** RFC 6749 §5.1, in the order of the WSO2 documentation. */
export function grantedAnswer(granted: TokenGranted): HttpAnswer {
  const body = {
    scope: granted.scope,
    token_type: granted.tokenType,
    expires_in: granted.expiresIn,
    ...(granted.refreshToken === undefined ? {} : { refresh_token: granted.refreshToken }),
    ...(granted.idToken === undefined ? {} : { id_token: granted.idToken }),
    ...(granted.issuedTokenType === undefined ? {} : { issued_token_type: granted.issuedTokenType }),
    access_token: granted.accessToken,
  };
  const nonce: Record<string, string> = granted.dpopNonce === undefined ? {} : { 'dpop-nonce': granted.dpopNonce };
  return { status: 200, headers: { ...noStore, ...nonce }, body };
}

/** RFC 8628 §3.2. */
export function deviceAnswer(authorization: DeviceAuthorization): HttpAnswer {
  const body = {
    device_code: authorization.deviceCode,
    user_code: authorization.userCode,
    verification_uri: authorization.verificationUri,
    verification_uri_complete: authorization.verificationUriComplete,
    expires_in: authorization.expiresInSeconds,
    interval: authorization.intervalSeconds,
  };
  return { status: 200, headers: noStore, body };
}

/** RFC 9126 §2.2. */
export function pushedAnswer({ requestUri, expiresInSeconds }: PushedAuthorization): HttpAnswer {
  return { status: 201, headers: noStore, body: { request_uri: requestUri, expires_in: expiresInSeconds } };
}

/** RFC 6749 §5.2. */
export function errorAnswer(error: OAuthError): HttpAnswer {
  return {
    status: error.status,
    headers: {
      ...noStore,
      ...(error.wwwAuthenticate === undefined ? {} : { 'www-authenticate': error.wwwAuthenticate }),
      ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
      ...(error.dpopNonce === undefined ? {} : { 'dpop-nonce': error.dpopNonce }),
    },
    body: { error_description: error.description, error: error.error },
  };
}

/**
 * RFC 7009 §2.2 leaves the body open. Clients don't: simple-oauth2 refuses what is not JSON, and
 * @badgateway/oauth2-client cannot read an empty text.
 */
export const revokedAnswer: HttpAnswer = { status: 200, headers: noStore, body: {} };

/** RFC 7662 §2.2. */
export function introspectionAnswer(introspection: Introspection): HttpAnswer {
  if (!introspection.active) return { status: 200, headers: noStore, body: { active: false } };
  const { clientId, tokenType, confirmation, ...rest } = introspection;
  const cnf = confirmation && { [confirmation.method]: confirmation.thumbprint };
  return { status: 200, headers: noStore, body: { ...rest, client_id: clientId, token_type: tokenType, cnf } };
}
