/** Error codes of RFC 6749 §5.2, RFC 6750 §3.1, RFC 8628 §3.5, RFC 8693 §2.2.2 and, from a push on, RFC 6749 §4.1.2.1. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_target'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'temporarily_unavailable'
  | 'server_error';

/**
 * An answer to the client, not a fault of ours. `description` is public: it never repeats what was sent and never
 * holds the reason kept for the log, which is `cause`. The headers are undefined when not due.
 */
export class OAuthError extends Error {
  readonly wwwAuthenticate: string | undefined = undefined;
  readonly retryAfterSeconds: number | undefined = undefined;
  /** For the `DPoP-Nonce` header (RFC 9449 §8). */
  readonly dpopNonce: string | undefined = undefined;

  constructor(
    readonly error: OAuthErrorCode,
    readonly description: string,
    /** The HTTP status to answer with. */
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(`${error}: ${description}`, options);
    this.name = new.target.name;
  }
}

/** A parameter is missing, repeated or malformed, or more than one way to authenticate is used. RFC 6749 §5.2. */
export class InvalidRequest extends OAuthError {
  constructor(description: string, options?: ErrorOptions) {
    super('invalid_request', description, 400, options);
  }
}

/**
 * The client could not be authenticated; an unknown client and a wrong secret look the same. RFC 6749 §5.2.
 * The challenge is always sent, since RFC 9110 §15.5.2 asks for one with every 401 (and WSO2 sends it).
 */
export class InvalidClient extends OAuthError {
  override readonly wwwAuthenticate: string;

  constructor(realm: string, options?: ErrorOptions) {
    super('invalid_client', 'Client credentials are invalid.', 401, options);
    this.wwwAuthenticate = `Basic realm="${realm.replace(/[^\x20-\x7e]|["\\]/g, '')}"`;
  }
}

/** The grant or refresh token is wrong, expired, revoked, or another client's. RFC 6749 §5.2. */
export class InvalidGrant extends OAuthError {
  constructor(description: string, options?: ErrorOptions) {
    super('invalid_grant', description, 400, options);
  }
}

/** The client is known but may not do this. RFC 6749 §5.2. */
export class UnauthorizedClient extends OAuthError {
  constructor(description: string, options?: ErrorOptions) {
    super('unauthorized_client', description, 400, options);
  }
}

/** The server does not offer this grant. RFC 6749 §5.2. */
export class UnsupportedGrantType extends OAuthError {
  constructor(options?: ErrorOptions) {
    super('unsupported_grant_type', 'Unsupported grant_type value', 400, options);
  }
}

/** The scope is malformed, unknown, or more than was granted. RFC 6749 §5.2. */
export class InvalidScope extends OAuthError {
  constructor(description: string, options?: ErrorOptions) {
    super('invalid_scope', description, 400, options);
  }
}

/** The access token is unknown, expired, revoked, or not for whoever presents it. RFC 6750 §3.1. */
export class InvalidToken extends OAuthError {
  override readonly wwwAuthenticate: string;

  constructor(description = 'The access token is not valid.', options?: ErrorOptions) {
    super('invalid_token', description, 401, options);
    this.wwwAuthenticate = `Bearer error="invalid_token", error_description="${description}"`;
  }
}

/** No access token was sent, so the challenge names no error, as if something were wrong with one. RFC 6750 §3.1. */
export class TokenMissing extends OAuthError {
  override readonly wwwAuthenticate = 'Bearer realm="Keygate"';

  constructor() {
    super('invalid_token', 'An access token is needed.', 401);
  }
}

/** The access token is good, but not for this. RFC 6750 §3.1. */
export class InsufficientScope extends OAuthError {
  override readonly wwwAuthenticate: string;

  constructor(description: string, scope: string, options?: ErrorOptions) {
    super('insufficient_scope', description, 403, options);
    this.wwwAuthenticate = `Bearer error="insufficient_scope", error_description="${description}", scope="${scope}"`;
  }
}

/** Too busy, or something needed is away: the client may try again. RFC 6749 §4.1.2.1, with RFC 9110 §10.2.3. */
export class TemporarilyUnavailable extends OAuthError {
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds = 1, options?: ErrorOptions) {
    super('temporarily_unavailable', 'The server cannot answer now. Try again later.', 503, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Too many wrong passwords for this login or from this network; the right one is refused as well until the delay is over
 * (RFC 6749 §4.3.2 asks for such a limit, RFC 6585 §4 has the status). No code of §5.2 fits: `invalid_grant` would tell a
 * client that the password is wrong, which was not looked at, and `slow_down` (RFC 8628) is for polling devices. Clients
 * that know `temporarily_unavailable` wait for `Retry-After` and ask again, which is right.
 */
export class TooManyAttempts extends OAuthError {
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, options?: ErrorOptions) {
    super('temporarily_unavailable', 'Too many failed attempts. Try again later.', 429, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** RFC 9449 §5: the DPoP header is missing, wrong, or was used before. */
export class InvalidDpopProof extends OAuthError {
  constructor(options?: ErrorOptions) {
    super('invalid_dpop_proof', 'The DPoP proof is invalid.', 400, options);
  }
}

/** RFC 9449 §8 and, at a resource, §9: the proof is to be made again, with this nonce. */
export class UseDpopNonce extends OAuthError {
  override readonly dpopNonce: string;
  override readonly wwwAuthenticate: string | undefined;

  constructor(nonce: string, at: 'server' | 'resource' = 'server') {
    super('use_dpop_nonce', 'The DPoP proof needs the nonce of this answer.', at === 'server' ? 400 : 401);
    this.dpopNonce = nonce;
    this.wwwAuthenticate = at === 'server' ? undefined : 'DPoP error="use_dpop_nonce"';
  }
}

/** More than one network may ask for without proving who it is. RFC 6585 §4; the code as for `TooManyAttempts`. */
export class TooManyRequests extends OAuthError {
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('temporarily_unavailable', 'Too many requests. Try again later.', 429);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A bug or a broken part; the cause is for the log only. RFC 6749 §4.1.2.1. */
export class ServerError extends OAuthError {
  constructor(options?: ErrorOptions) {
    super('server_error', 'Internal Server Error.', 500, options);
  }
}

/** What an edge answers for anything thrown by the core: a store that cannot answer is 503, the unforeseen is 500. */
export function toOAuthError(thrown: unknown): OAuthError {
  if (thrown instanceof OAuthError) return thrown;
  const isStoreAway = thrown instanceof Error && thrown.name === 'StoreUnavailable';
  return isStoreAway ? new TemporarilyUnavailable(1, { cause: thrown }) : new ServerError({ cause: thrown });
}
