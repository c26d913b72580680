/** The words of RFC 6749 as types. Times are milliseconds since the epoch unless the name says otherwise. */

/** WSO2: a consumer key is for production or for sandbox traffic. */
export type KeyType = 'PRODUCTION' | 'SANDBOX';

/** WSO2: `aut`. Issued to the application itself, or to it for a user. */
export type TokenKind = 'APPLICATION' | 'APPLICATION_USER';

/** Lifetimes in seconds; `undefined` means the server's default, `-1` means never. */
export interface TokenLifetimes {
  readonly userAccessToken?: number | undefined;
  readonly applicationAccessToken?: number | undefined;
  readonly refreshToken?: number | undefined;
}

/** How a client proves itself at the token endpoint. RFC 7591 §2, RFC 8705 §2. */
export type ClientAuthenticationMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'none';

/** `opaque`: a random value; `jwt`: RFC 9068. */
export type AccessTokenFormat = 'opaque' | 'jwt';

/** What a client registered about itself beyond its grants (RFC 7591 §2). What is absent is the server's default. */
export interface ClientMetadata {
  /** Compared as whole strings (RFC 9700 §2.1), but `regexp=(…)` of a client imported from WSO2. */
  readonly redirectUris?: readonly string[] | undefined;
  readonly postLogoutRedirectUris?: readonly string[] | undefined;
  /** OpenID Connect registration: only a native app has redirect URIs of a scheme of its own. */
  readonly applicationType?: 'web' | 'native' | undefined;
  /** Absent: a secret by Basic or in the body, as in WSO2. Set: this way only. */
  readonly tokenEndpointAuthMethod?: ClientAuthenticationMethod | undefined;
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  readonly jwksUri?: string | undefined;
  /** RFC 8705 §2.1.2: exactly one of them names the certificate. */
  readonly tlsClientAuthSubjectDn?: string | undefined;
  readonly tlsClientAuthSanDns?: string | undefined;
  readonly tlsClientAuthSanUri?: string | undefined;
  readonly tlsClientAuthSanIp?: string | undefined;
  readonly tlsClientAuthSanEmail?: string | undefined;
  /** RFC 8705 §3.4. */
  readonly tlsClientCertificateBoundAccessTokens?: boolean | undefined;
  /** RFC 9449 §5.2: a token request without a proof is refused. */
  readonly dpopBoundAccessTokens?: boolean | undefined;
  /** RFC 9126 §6. */
  readonly requirePushedAuthorizationRequests?: boolean | undefined;
  /** WSO2: pkceMandatory. Public clients need it anyway. */
  readonly requirePkce?: boolean | undefined;
  /** WSO2: pkceSupportPlain. */
  readonly allowPlainPkce?: boolean | undefined;
  readonly responseTypes?: readonly string[] | undefined;
  readonly accessTokenFormat?: AccessTokenFormat | undefined;
  readonly idTokenSignedResponseAlg?: 'RS256' | 'ES256' | undefined;
  /** Scopes it may ask for; absent: any. */
  readonly scope?: readonly string[] | undefined;
  readonly clientUri?: string | undefined;
  readonly logoUri?: string | undefined;
  readonly policyUri?: string | undefined;
  readonly tosUri?: string | undefined;
  readonly contacts?: readonly string[] | undefined;
  readonly softwareId?: string | undefined;
  readonly softwareVersion?: string | undefined;
}

/** A registered client (RFC 6749 §2); WSO2: a consumer key. */
export interface Client {
  readonly clientId: string;
  /** What a consent page calls it. */
  readonly name: string;
  readonly tenantDomain: string;
  /** Full user name of the owner; client_credentials asks for scopes with the owner's roles. */
  readonly owner: string;
  /** Absent for a client made by dynamic registration. */
  readonly applicationId?: string | undefined;
  readonly keyType: KeyType;
  readonly grantTypes: readonly string[];
  /** False for a public client: no secret, or a bypassed one. */
  readonly confidential: boolean;
  /** False once revoked; then nothing is issued and nothing validates. */
  readonly active: boolean;
  /** WSO2: saasApp. Users of other tenants may use it. */
  readonly allTenants: boolean;
  readonly lifetimes: TokenLifetimes;
  readonly metadata: ClientMetadata;
}

/** A client with what proves it: SHA-256 of every secret live now, 32 bytes each. */
export interface ClientWithSecrets extends Client {
  readonly secretHashes: readonly Buffer[];
  /** When the first of them ends; whoever remembers the client must not believe them longer. */
  readonly secretsLiveUntil?: number | undefined;
}

/** The end user (RFC 6749 §1.1). */
export interface ResourceOwner {
  /** Full user name, `[DOMAIN/]name@tenant`; the PRIMARY domain is left out. */
  readonly subject: string;
  readonly tenantDomain: string;
  readonly roles: readonly string[];
  /**
   * Moves on with everything that ends the subject's tokens: another password, a lock, a lost role. Read in the same
   * moment as the roles and the password, so that who decides by them can say how old they are.
   */
  readonly tokenEpoch: number;
}

/** A user on whom a decision rests, and the epoch that what it needed to know was read under. */
export interface Standing {
  readonly subject: string;
  readonly epoch: number;
}

/** The key or certificate that a token is of use with only: DPoP (RFC 9449 §6) or mutual TLS (RFC 8705 §3). */
export interface Confirmation {
  readonly method: 'jkt' | 'x5t#S256';
  /** SHA-256, base64url. */
  readonly thumbprint: string;
}

/** How and when the user logged in; present when the grant answers an OpenID Connect request. */
export interface Authentication {
  /** Milliseconds since the epoch. */
  readonly authTime: number;
  readonly nonce?: string | undefined;
  /** Authentication methods (RFC 8176): `pwd`. */
  readonly amr?: readonly string[] | undefined;
  readonly acr?: string | undefined;
  /** The login session, for logout. */
  readonly sessionId?: string | undefined;
}

/** A user of another issuer. `GrantRecord.subject` holds the name that no local user can have. */
export interface Federation {
  /** Name of the identity provider. */
  readonly provider: string;
  /** What the issuer calls the user. */
  readonly subject: string;
  /** The tenant's roles that the provider's mapping gave. */
  readonly roles: readonly string[];
  /** No user here has that name, so tokens may say it as it is. */
  readonly isUnmistakable?: boolean | undefined;
}

/** What a grant remembers beyond who and which scope; kept as one document. */
export interface GrantDetails {
  readonly authentication?: Authentication | undefined;
  /** Resource servers the access tokens are for; absent: the client itself (WSO2). */
  readonly audience?: readonly string[] | undefined;
  /** Claims taken over from another issuer's assertion (RFC 8693, RFC 7523). */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  readonly federation?: Federation | undefined;
}

/** A single-use code that is redeemed in the same transaction that saves the tokens. */
export interface RedeemedCode {
  readonly kind: CodeKind;
  readonly hash: Buffer;
  /** Chosen when the code was made, so that a replayed code can end what it produced. */
  readonly grantId: string;
}

/** What a grant decides: who gets which scope, refreshable or not, and what is used up by issuing. */
export interface Authorization {
  /** Absent when the client acts for itself. */
  readonly subject?: string | undefined;
  /** The subject's tenant, not the client's: a client for all tenants must not lift its users into its own. */
  readonly tenantDomain: string;
  readonly kind: TokenKind;
  readonly scope: readonly string[];
  /**
   * Whose password and roles were looked at. Nothing is saved once that user's epoch has moved on, or a token could
   * outlive the very change that ends all tokens of the user. Absent when no user of this server was looked at, and when
   * refreshing: the family has an epoch of its own.
   */
  readonly restsOn?: Standing | undefined;
  readonly refreshable: boolean;
  /** Ends the access token sooner than its lifetime would; in seconds, positive. */
  readonly atMostSeconds?: number | undefined;
  /** Set by the refresh grant: consuming the old token and saving the new pair is one transaction. */
  readonly rotates?: PresentedRefreshToken | undefined;
  /** Set by grants over a code: redeeming it and saving the tokens is one transaction. */
  readonly redeems?: RedeemedCode | undefined;
  readonly details?: GrantDetails | undefined;
  /** RFC 8693 §2.2.1. */
  readonly issuedTokenType?: string | undefined;
  /** Asked for by this request; absent: as the client's tokens are. */
  readonly accessTokenFormat?: AccessTokenFormat | undefined;
}

export interface PresentedRefreshToken {
  readonly value: string;
  readonly record: RefreshTokenRecord;
}

/** RFC 6749 §5.1. `expiresIn` in seconds, `Number.MAX_SAFE_INTEGER` for a token that never expires. */
export interface TokenGranted {
  readonly accessToken: string;
  /** `DPoP` when the token is bound to a proof key (RFC 9449 §5). */
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly expiresIn: number;
  readonly refreshToken?: string | undefined;
  readonly scope: string;
  readonly idToken?: string | undefined;
  readonly issuedTokenType?: string | undefined;
  /** For the `DPoP-Nonce` header (RFC 9449 §8). */
  readonly dpopNonce?: string | undefined;
}

/** One authorization by one client: the family that all its access and refresh tokens belong to. */
export interface GrantRecord {
  readonly id: string;
  readonly clientId: string;
  readonly tenantDomain: string;
  readonly subject?: string | undefined;
  readonly kind: TokenKind;
  readonly createdAt: number;
  /** After this no refresh token of the family works; `undefined` means never. */
  readonly expiresAt?: number | undefined;
  readonly details?: GrantDetails | undefined;
}

export interface AccessTokenRecord {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly grant: GrantRecord;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  /** `undefined` means never. */
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
  readonly revoked: boolean;
}

export type RefreshTokenState = 'ACTIVE' | 'ROTATED' | 'REVOKED';

export interface RefreshTokenRecord {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly grant: GrantRecord;
  /** 0 for the first of a family, one more at each rotation. */
  readonly generation: number;
  /** What the family may ask for at most; rotation never narrows it (RFC 6749 §6). */
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt?: number | undefined;
  /** A public client's refresh token is bound as its access tokens are (RFC 9449 §5). */
  readonly confirmation?: Confirmation | undefined;
  readonly state: RefreshTokenState;
  /** Present once ROTATED. */
  readonly rotation?: Rotation | undefined;
}

export interface Rotation {
  readonly rotatedAt: number;
  /** Salt that, with the presented token and the server key, derives the successor pair again. */
  readonly salt: Buffer;
  /** How often the same successor was handed out again inside the grace window. */
  readonly replays: number;
  /** The successor was redeemed or its access token was seen: the grace window is over. */
  readonly successorUsed: boolean;
  readonly successorAccessToken: {
    readonly scope: readonly string[];
    readonly expiresAt?: number | undefined;
    readonly confirmation?: Confirmation | undefined;
  };
}

/** A pair about to be stored: hashes only. */
export interface NewTokens {
  readonly grant: GrantRecord;
  /** `Authorization.restsOn`. */
  readonly restsOn?: Standing | undefined;
  readonly accessToken: {
    readonly hash: Buffer;
    readonly scope: readonly string[];
    readonly issuedAt: number;
    readonly expiresAt?: number | undefined;
    readonly confirmation?: Confirmation | undefined;
  };
  readonly refreshToken?:
    | {
        readonly hash: Buffer;
        readonly generation: number;
        readonly scope: readonly string[];
        readonly issuedAt: number;
        readonly expiresAt?: number | undefined;
        readonly confirmation?: Confirmation | undefined;
      }
    | undefined;
}

/** A live pair that is given out again; its values are derived from the salt and kept nowhere. */
export interface ReusablePair {
  /** 16 random bytes. */
  readonly salt: Buffer;
  readonly accessToken: AccessTokenRecord;
  /** Present while its refresh token is ACTIVE. */
  readonly refreshToken?: { readonly expiresAt?: number | undefined } | undefined;
}

export type CodeKind = 'authorization_code' | 'device_code' | 'user_code' | 'pushed_request';

/** Something that is used once: an authorization code, a device code, a pushed request. Stored by its hash. */
export interface CodeRecord {
  readonly kind: CodeKind;
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly clientId: string;
  readonly tenantDomain: string;
  /** The grant that redeeming it makes. */
  readonly grantId?: string | undefined;
  /** What it stands for, as its own kind defines; at most a few KiB of JSON, no secrets. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly expiresAt: number;
  /** One more with each change of the body. */
  readonly version: number;
  readonly redeemedAt?: number | undefined;
}

/** What a revocation names; everything that matches and was issued at or before it is dead. */
export type RevocationTarget =
  | { readonly kind: 'token'; readonly hash: Buffer }
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'subject'; readonly subject: string };
