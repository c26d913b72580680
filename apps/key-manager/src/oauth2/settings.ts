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
  };
  /** What happens to a requested scope that is registered nowhere. */
  readonly unknownScopes: 'drop' | 'grant' | 'reject';
  /** Regular expressions over the whole scope name; what matches is granted without asking for roles. */
  readonly allowedScopes: readonly string[];
  /** How long a rotated refresh token still answers with its successor; 0 turns the grace window off. */
  readonly refreshGraceSeconds: { readonly confidential: number; readonly public: number };
}
