import type { AssertionSettings } from './assertions/jwt-verification.js';
import type { AccessTokenFormat } from './model.js';

/** The settings the authorization server reads; the `oauth2` section of the key manager's config has this shape. */
export interface OAuth2Settings {
  /** Values of `grant_type` that are enabled. */
  readonly grantTypes: readonly string[];
  /** Defaults in seconds where a client has none of its own; -1 means never. */
  readonly lifetimesSeconds: {
    readonly userAccessToken: number;
    readonly applicationAccessToken: number;
    readonly refreshToken: number;
    /** Absolute life of a refresh family, however often it rotates. */
    readonly grant: number;
    /** An id_token says that somebody has just logged in: it always ends. */
    readonly idToken: number;
  };
  /** Of clients that have not chosen one. */
  readonly accessTokenFormat: AccessTokenFormat;
  /** WSO2: the same client, user and scopes get the same opaque pair while it lives. */
  readonly reuseActiveToken: boolean;
  /** What happens to a requested scope that is registered nowhere. */
  readonly unknownScopes: 'drop' | 'grant' | 'reject';
  /** Regular expressions over the whole scope name; what matches is granted without asking for roles. */
  readonly allowedScopes: readonly string[];
  /** How long a rotated refresh token still answers with its successor; 0 turns the grace window off. */
  readonly refreshGraceSeconds: { readonly confidential: number; readonly public: number };
  readonly assertions: AssertionSettings;
  /** What a token exchange may name as target besides clients; an entry that ends with `*` is a beginning. */
  readonly exchangeTargets: readonly string[];
  readonly deviceAuthorization: {
    /** Life of a device code and its user code. */
    readonly codeSeconds: number;
    /** How often a device may ask. */
    readonly intervalSeconds: number;
  };
  readonly pushedAuthorization: {
    /** Authorization requests are taken only when they were pushed. */
    readonly required: boolean;
    /** Life of a pushed request. */
    readonly seconds: number;
  };
  readonly authorization: {
    /** Life of an authorization code. */
    readonly codeSeconds: number;
    /** Clients that ask for it may use `code_challenge_method=plain` (RFC 7636 §4.2). */
    readonly allowPlainPkce: boolean;
    /** Answers may go over http to other machines (RFC 9700 §2.6 says never). */
    readonly allowHttpRedirects: boolean;
    /** A login in a browser ends when it isn't used for so long, and in any case after `loginMaxSeconds`. */
    readonly loginIdleSeconds: number;
    readonly loginMaxSeconds: number;
  };
}
