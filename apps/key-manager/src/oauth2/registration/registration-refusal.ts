/** RFC 7591 §3.2.2. The description names members, never their values. */
export class RegistrationRefusal extends Error {
  override readonly name = 'RegistrationRefusal';

  constructor(
    readonly error: 'invalid_redirect_uri' | 'invalid_client_metadata',
    readonly description: string,
  ) {
    super(`${error}: ${description}`);
  }
}

/** RFC 7591 §3.2.2. */
export const invalidMetadata = (description: string): RegistrationRefusal =>
  new RegistrationRefusal('invalid_client_metadata', description);

/** RFC 7591 §3.2.2. */
export const invalidRedirectUri = (description: string): RegistrationRefusal =>
  new RegistrationRefusal('invalid_redirect_uri', description);
