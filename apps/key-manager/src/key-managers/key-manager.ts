/** WSO2: whose tokens are taken as they are, whose have to be exchanged first, or both. */
export type TokenTaking = 'DIRECT' | 'EXCHANGED' | 'BOTH';

/** An authorization server of somebody else that a tenant takes tokens of (WSO2: key manager). */
export interface ForeignKeyManager {
  readonly id: string;
  readonly tenantDomain: string;
  /** Unique in the tenant; never changes, since consumer keys and APIs name it. */
  readonly name: string;
  /** Auth0, KeyCloak, ...; never changes. */
  readonly type: string;
  readonly enabled: boolean;
  /** `iss` of its tokens; may be empty. */
  readonly issuer: string;
  readonly tokenType: TokenTaking;
  readonly body: KeyManagerBody;
  readonly createdAt: number;
}

/** The rest of the object that administrators write, which round-trips; what somebody reads of it is named. */
export interface KeyManagerBody {
  /** The audience that stands for this server in its tokens when they are exchanged. */
  readonly alias?: string | null | undefined;
  /** JWKS: a URL. PEM: Base64 around certificates, or PEM as it is. */
  readonly certificates?: { readonly type: 'JWKS' | 'PEM'; readonly value: string } | null | undefined;
  readonly claimMapping?: readonly { readonly remoteClaim: string; readonly localClaim: string }[] | undefined;
  readonly consumerKeyClaim?: string | null | undefined;
  readonly scopesClaim?: string | null | undefined;
  readonly enableMapOAuthConsumerApps?: boolean | undefined;
  readonly permissions?: { readonly permissionType: string; readonly roles: readonly string[] } | null | undefined;
  /** Secrets in it are sealed (`connector-secrets.ts`). */
  readonly additionalProperties?: Readonly<Record<string, unknown>> | undefined;
  readonly [member: string]: unknown;
}

/** The consumer key of an application at a foreign key manager (WSO2: mapped key). */
export interface ForeignConsumerKey {
  /** UUID by which the REST API and the catalogue name it. */
  readonly keyMappingId: string;
  readonly tenantDomain: string;
  readonly applicationId: string;
  readonly keyManagerId: string;
  readonly keyManagerName: string;
  readonly consumerKey: string;
  readonly keyType: 'PRODUCTION' | 'SANDBOX';
  readonly createdAt: number;
}
