export const ClientCredentialSource = Symbol('ClientCredentialSource');
/** Where consumer keys and secrets come from. A secret is derived from its id, so that it can be shown again. */
export interface ClientCredentialSource {
  /** A new random consumer key. */
  newClientId(): string;
  /** The secret that belongs to a secret's id, the same each time. */
  clientSecret(secretId: string): string;
}
