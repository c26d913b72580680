import type { KeyValidation, TokenFacts } from './key-validation.js';
import { isExpired } from './lifetimes.js';
import type { KeyType } from './model.js';
import type { Clock } from './ports.js';

/** What an API key stands for. Times are milliseconds. */
export interface ApplicationKeyFacts {
  /** UUID; what revocations name. */
  readonly id: string;
  readonly tenantDomain: string;
  readonly applicationId: string;
  readonly keyType: KeyType;
  readonly issuedAt: number;
  /** Absent: never. */
  readonly expiresAt?: number | undefined;
  /** Addresses and CIDR ranges it may come from; empty: any. */
  readonly permittedIps: readonly string[];
  readonly permittedReferers: readonly string[];
  /** Noted now and then; absent: not seen yet. */
  readonly lastUsedAt?: number | undefined;
}

export const ApiKeys = Symbol('ApiKeys');
export interface ApiKeys {
  /** By the SHA-256 of its value; also one that has expired. One that was revoked is not there. */
  findApiKey(hash: Buffer): Promise<ApplicationKeyFacts | undefined>;
  markApiKeyUsed(id: string, at: number): Promise<void>;
}

/** Gateways ask again after a quarter of an hour at the latest; a finer picture would cost a write for each of them. */
const usedEveryMillis = 15 * 60_000;

export interface ApiKeyValidationDeps {
  readonly apiKeys: ApiKeys;
  readonly clock: Clock;
  readonly reportFailure: (cause: unknown) => void;
}

/** What the SHA-256 of an API key stands for; undefined when it is none. */
export async function validateApiKey(
  { apiKeys, clock, reportFailure }: ApiKeyValidationDeps,
  hash: Buffer,
  revocationSeq: number,
): Promise<KeyValidation | undefined> {
  const key = await apiKeys.findApiKey(hash);
  if (!key) return undefined;
  const now = clock.now();
  if (isExpired(key.expiresAt, now)) return { state: 'EXPIRED', facts: factsOf(key), revocationSeq };
  // Nobody waits for this.
  if (now - (key.lastUsedAt ?? 0) > usedEveryMillis) apiKeys.markApiKeyUsed(key.id, now).catch(reportFailure);
  return { state: 'ACTIVE', facts: factsOf(key), revocationSeq };
}

/** No user: an API key is good for its application alone and outlives passwords of whoever made it. */
function factsOf({ id, lastUsedAt: _, ...facts }: ApplicationKeyFacts): TokenFacts {
  return { ...facts, clientId: '', scope: [], kind: 'API_KEY', grantId: id, audience: [] };
}
