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

/** A registered client (RFC 6749 §2); WSO2: a consumer key. */
export interface Client {
  readonly clientId: string;
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
}

/** A client with what proves it: SHA-256 of every live secret, 32 bytes each. */
export interface ClientWithSecrets extends Client {
  readonly secretHashes: readonly Buffer[];
}

/** The end user (RFC 6749 §1.1). */
export interface ResourceOwner {
  /** Full user name, `[DOMAIN/]name@tenant`; the PRIMARY domain is left out. */
  readonly subject: string;
  readonly tenantDomain: string;
  readonly roles: readonly string[];
}

/** What a grant decides: who gets which scope, refreshable or not, and what is used up by issuing. */
export interface Authorization {
  /** Absent when the client acts for itself. */
  readonly subject?: string | undefined;
  /** The subject's tenant, not the client's: a client for all tenants must not lift its users into its own. */
  readonly tenantDomain: string;
  readonly kind: TokenKind;
  readonly scope: readonly string[];
  readonly refreshable: boolean;
  /** Ends the access token sooner than its lifetime would; in seconds, positive. */
  readonly atMostSeconds?: number | undefined;
  /** Set by the refresh grant: consuming the old token and saving the new pair is one transaction. */
  readonly rotates?: PresentedRefreshToken | undefined;
}

export interface PresentedRefreshToken {
  readonly value: string;
  readonly record: RefreshTokenRecord;
}

/** RFC 6749 §5.1. `expiresIn` in seconds, `Number.MAX_SAFE_INTEGER` for a token that never expires. */
export interface TokenGranted {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  readonly expiresIn: number;
  readonly refreshToken?: string | undefined;
  readonly scope: string;
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
}

export interface AccessTokenRecord {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly grant: GrantRecord;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  /** `undefined` means never. */
  readonly expiresAt?: number | undefined;
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
  readonly successorAccessToken: { readonly scope: readonly string[]; readonly expiresAt?: number | undefined };
}

/** A pair about to be stored: hashes only. */
export interface NewTokens {
  readonly grant: GrantRecord;
  readonly accessToken: {
    readonly hash: Buffer;
    readonly scope: readonly string[];
    readonly issuedAt: number;
    readonly expiresAt?: number | undefined;
  };
  readonly refreshToken?:
    | {
        readonly hash: Buffer;
        readonly generation: number;
        readonly scope: readonly string[];
        readonly issuedAt: number;
        readonly expiresAt?: number | undefined;
      }
    | undefined;
}

/** What a revocation names; everything that matches and was issued at or before it is dead. */
export type RevocationTarget =
  | { readonly kind: 'token'; readonly hash: Buffer }
  | { readonly kind: 'grant'; readonly grantId: string }
  | { readonly kind: 'client'; readonly clientId: string }
  | { readonly kind: 'subject'; readonly subject: string };
