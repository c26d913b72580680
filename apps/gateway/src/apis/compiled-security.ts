import type { X509Certificate } from 'node:crypto';
import type { KeyType } from './compiled-catalog.js';

/**
 * What a client's certificate is worth to an API: `ignored` where application credentials decide, `enough` where either
 * of both is, `required` where nothing goes without.
 */
export type CertificateRule = 'ignored' | 'enough' | 'required';

/** A certificate uploaded to an API: who shows it, or in chains whoever it vouches for, may call. */
export interface ClientCertificate {
  readonly alias: string;
  readonly throttlingTier: string;
  /** Empty: both kinds. */
  readonly keyTypes: readonly KeyType[];
  /** SHA-256, base64url. */
  readonly thumbprint: string;
  readonly certificate: X509Certificate;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** What callers of one API may show, decided when the catalogue changes so that a request only looks. */
export interface CompiledSecurity {
  /** Access tokens of any key manager and nothing else, as nearly every API has it. */
  readonly isUsual: boolean;
  readonly takesTokens: boolean;
  readonly takesApiKeys: boolean;
  readonly takesPasswords: boolean;
  readonly certificate: CertificateRule;
  /** False: a certificate may stand alone. */
  readonly needsApplication: boolean;
  /** The only header that an API key is read from; lower case. */
  readonly apiKeyHeader: string;
  /** One of them has to be in the token's audience; empty: any. */
  readonly audiences: readonly string[];
  /** Whose tokens are taken, by name; undefined: those of all key managers of the tenant. */
  readonly keyManagers: ReadonlySet<string> | undefined;
  /** By thumbprint. */
  readonly certificates: ReadonlyMap<string, ClientCertificate>;
  /** Challenges of the schemes beside Bearer, in the form of WWW-Authenticate; empty for none. */
  readonly otherChallenges: string;
}
