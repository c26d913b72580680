/** Stores that belong to no other room. Times are milliseconds since the epoch. */

/** A tenant: users, APIs and applications of one never meet those of another (WSO2). */
export interface Tenant {
  readonly domain: string;
  readonly active: boolean;
  readonly createdAt: number;
}

export const TenantStore = Symbol('TenantStore');
export interface TenantStore {
  /** Makes what a tenant starts with and is missing: its row, the built-in roles, the default tiers. Repeatable. */
  seedTenant(domain: string): Promise<void>;
  findTenant(domain: string): Promise<Tenant | undefined>;
  listTenants(): Promise<Tenant[]>;
}

/** pending: published, not signing yet; active: signs; retiring: published until its last token is dead; removed. */
export type SigningKeyState = 'pending' | 'active' | 'retiring' | 'removed';

export interface SigningKey {
  readonly kid: string;
  readonly tenantDomain: string;
  /** JWS algorithm (RFC 7518 §3.1). */
  readonly alg: string;
  readonly state: SigningKeyState;
  /** Public JWK (RFC 7517). */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** The private key, encrypted by the caller; the store never sees it in clear. */
  readonly encryptedPrivateKey: Buffer;
  readonly createdAt: number;
  /** When a pending key begins to sign. */
  readonly activatesAt?: number | undefined;
  readonly activatedAt?: number | undefined;
  readonly retiredAt?: number | undefined;
  /** No token signed with it outlives this; raised before such a token is signed. */
  readonly lastExpiresAt?: number | undefined;
}

export const SigningKeyStore = Symbol('SigningKeyStore');
/** Gateways and the other key managers hear of every change by the catalogue feed. */
export interface SigningKeyStore {
  /** Throws `AlreadyExists` for the same kid, or for a second active or pending key of the tenant and algorithm. */
  addSigningKey(key: SigningKey): Promise<void>;
  /** Those of the tenant that are not removed, oldest first. */
  listSigningKeys(tenantDomain: string): Promise<SigningKey[]>;
  /** pending → active and the active one of its algorithm → retiring, at once; false when it was not pending. */
  activateSigningKey(kid: string, at: number): Promise<boolean>;
  /** Lets a pending key begin at `activatesAt` if that is sooner; false when it is not pending. */
  hastenSigningKey(kid: string, activatesAt: number): Promise<boolean>;
  /** Raises `lastExpiresAt`; false when the key is neither active nor retiring, so that nothing may be signed with it. */
  extendSigningKey(kid: string, expiresAt: number): Promise<boolean>;
  /** retiring → removed, and the private key is erased; false when it was not retiring. */
  removeSigningKey(kid: string): Promise<boolean>;
}

export interface ScopeText {
  readonly displayName: string;
  readonly description: string;
}

export const ScopeTextStore = Symbol('ScopeTextStore');
export interface ScopeTextStore {
  /** How those of `names` that are registered in the tenant are worded for people. */
  describeScopes(tenantDomain: string, names: readonly string[]): Promise<ReadonlyMap<string, ScopeText>>;
}

export const ServerKeyStore = Symbol('ServerKeyStore');
export interface ServerKeyStore {
  /**
   * Keeps the fingerprint of the server key that the database is used with, the first time; afterwards says whether it
   * is that one. Key managers with different keys would derive different secrets for the same client.
   */
  claimServerKey(fingerprint: string): Promise<boolean>;
}

export const Janitor = Symbol('Janitor');
export interface Janitor {
  /**
   * Deletes about `limit` rows of each kind that nothing needs any more: expired tokens, spent families, old feed
   * entries. Rows that another janitor holds are skipped. Answers how many went; call again while it is not 0.
   */
  sweepExpired(limit: number): Promise<number>;
  /** For how long the first row that may go has been waiting; 0 when none is. */
  backlogMillis(): Promise<number>;
}
