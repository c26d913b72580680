import type { TrustedIssuer } from '../oauth2/assertions/trusted-issuer.js';

/** A trusted issuer as administrators keep it (WSO2: identity provider). */
export interface IdentityProvider extends TrustedIssuer {
  readonly description: string;
  /** Off: nothing it says is believed, and it stays as it is. */
  readonly enabled: boolean;
  readonly createdAt: number;
}
