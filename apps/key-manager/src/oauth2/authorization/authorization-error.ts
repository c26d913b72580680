import type { OAuthErrorCode } from '../errors.js';

/** Error codes of the authorization endpoint: RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6. */
export type AuthorizationErrorCode =
  | Exclude<OAuthErrorCode, 'invalid_client' | 'invalid_grant' | 'unsupported_grant_type'>
  | 'unsupported_response_type'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'invalid_request_uri';

/** How the answer goes back: OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode. */
export type ResponseMode = 'query' | 'fragment' | 'form_post';

/** Where an answer goes; the redirect URI has been found among the client's. */
export interface ReplyAddress {
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state?: string | undefined;
}

/**
 * The request names no client and address that belong together, so nobody is told but the user: sending the browser on
 * would make an open redirector of the server (RFC 6749 §4.1.2.1). Code and message are WSO2's.
 */
export class UnanswerableRequest extends Error {
  override readonly name = 'UnanswerableRequest';
  constructor(
    readonly code: 'invalid_request' | 'invalid_client' | 'invalid_callback',
    override readonly message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The client is told by redirect. The description never repeats what was sent. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  constructor(
    readonly replyTo: ReplyAddress,
    readonly error: AuthorizationErrorCode,
    readonly description: string,
    options?: ErrorOptions,
  ) {
    super(`${error}: ${description}`, options);
  }
}
