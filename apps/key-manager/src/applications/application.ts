import type { ClientMetadata, KeyType, TokenLifetimes } from '../oauth2/model.js';

/** What a consumer registers: it owns one client per key type and subscribes to APIs (WSO2). */
export interface Application {
  readonly id: string;
  readonly tenantDomain: string;
  /** Full user name. */
  readonly owner: string;
  readonly name: string;
  readonly throttlingPolicy: string;
  readonly description: string;
  readonly tokenType: 'JWT' | 'OAUTH';
  readonly groups: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly visibility: string;
  readonly status: 'CREATED' | 'APPROVED' | 'REJECTED' | 'INACTIVE';
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A client as registered and managed; `oauth2/` sees only its `Client` side. */
export interface ClientRegistration {
  /** WSO2: consumer key. */
  readonly clientId: string;
  readonly tenantDomain: string;
  /** Full user name. */
  readonly owner: string;
  /** Unique per owner for clients without an application (dynamic registration). */
  readonly name: string;
  readonly applicationId?: string | undefined;
  /** UUID by which the REST API names it. */
  readonly keyMappingId: string;
  readonly keyType: KeyType;
  readonly mode: 'CREATED' | 'MAPPED';
  readonly grantTypes: readonly string[];
  readonly callbackUrl: string;
  readonly confidential: boolean;
  readonly active: boolean;
  readonly allTenants: boolean;
  readonly lifetimes: TokenLifetimes;
  readonly additionalProperties: Readonly<Record<string, unknown>>;
  /** RFC 7591 §2, beyond what WSO2's words above say; `client-facts.ts` reads both. */
  readonly metadata: ClientMetadata;
  /** SHA-256, hex, of the registration access token (RFC 7592); absent for a client made another way. */
  readonly registrationTokenHash?: string | undefined;
  readonly createdAt: number;
}

/** One secret of a client. Only its hash is stored; a derived one can be shown again from its id and the server key. */
export interface ClientSecret {
  readonly id: string;
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  /** False for a secret that somebody chose: it is shown once and never again. */
  readonly derived: boolean;
  readonly createdAt: number;
  /** From then on it proves nothing; absent: never. */
  readonly expiresAt?: number | undefined;
  readonly description?: string | undefined;
}
