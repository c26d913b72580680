import { InvalidGrant, OAuthError } from './errors.js';

/** The user has not answered yet: the device asks again after its interval. RFC 8628 §3.5. */
export class AuthorizationPending extends OAuthError {
  constructor() {
    super('authorization_pending', 'The user has not answered yet.', 400);
  }
}

/** Asked too soon: the interval is five seconds longer from now on. RFC 8628 §3.5. */
export class SlowDown extends OAuthError {
  constructor() {
    super('slow_down', 'Ask less often.', 400);
  }
}

/** The device code has expired: the device starts again. RFC 8628 §3.5. */
export class ExpiredToken extends OAuthError {
  constructor() {
    super('expired_token', 'The device code has expired.', 400);
  }
}

/** The user said no. RFC 8628 §3.5. */
export class AccessDenied extends OAuthError {
  constructor() {
    super('access_denied', 'The user refused.', 400);
  }
}

/**
 * Between the look at the user and the saving something ended all tokens of the user: another password, a lock, a lost
 * role. RFC 6749 §5.2: the grant is revoked.
 */
export class OutdatedGrant extends InvalidGrant {
  constructor(options?: ErrorOptions) {
    super('The authorization is no longer valid.', options);
  }
}

/** The audience or resource cannot be a target. RFC 8693 §2.2.2. */
export class InvalidTarget extends OAuthError {
  constructor(description: string) {
    super('invalid_target', description, 400);
  }
}
