/** Somebody else whose statements about users a tenant believes (WSO2: identity provider). */
export interface TrustedIssuer {
  readonly id: string;
  readonly tenantDomain: string;
  /** What subjects and audit events call it; holds no `/`. */
  readonly name: string;
  /** `iss` of its JWTs. */
  readonly issuer: string;
  /** Audiences that stand for this server in its statements (WSO2: alias), beside the server's own names. */
  readonly audiences: readonly string[];
  /** Where its keys are; or else `certificates`. */
  readonly jwksUri?: string | undefined;
  /** PEM, one or several. */
  readonly certificates?: string | undefined;
  readonly saml?: { readonly entityId: string; readonly certificates: string } | undefined;
  /** The claim or attribute that holds its roles. */
  readonly roleClaim?: string | undefined;
  readonly roleMapping: readonly { readonly remoteRole: string; readonly localRole: string }[];
  readonly claimMapping: readonly { readonly remoteClaim: string; readonly localClaim: string }[];
  /** Its subject `bob` is the tenant's user `bob`, where there is one. */
  readonly useLocalUser: boolean;
}

export const TrustedIssuers = Symbol('TrustedIssuers');
/** Those of a tenant that are switched on; a name in another tenant is nobody. */
export interface TrustedIssuers {
  findByIssuer(tenantDomain: string, issuer: string): Promise<TrustedIssuer | undefined>;
  findBySamlEntity(tenantDomain: string, entityId: string): Promise<TrustedIssuer | undefined>;
}
