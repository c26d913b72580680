import { type ApiKeys, validateApiKey } from './api-keys.js';
import { clientOfGrant } from './client-of-grant.js';
import { isExpired } from './lifetimes.js';
import type { AccessTokenRecord, Client, Confirmation, KeyType, TokenKind } from './model.js';
import type { ClientStore, Clock, TokenStore } from './ports.js';
import { noteUse, type TokenUseDeps } from './token-use.js';

export interface KeyValidationDeps extends TokenUseDeps {
  readonly tokens: Pick<TokenStore, 'findAccessToken' | 'markAccessTokenUsed' | 'revocationSeq'>;
  readonly clients: ClientStore;
  readonly apiKeys: ApiKeys;
  readonly clock: Clock;
  /** What backends are told of a user; absent: nothing. */
  readonly backendClaims?: (subject: string) => Promise<Readonly<Record<string, string>> | undefined>;
}

/** What a gateway learns of an access token or an API key. Times are milliseconds; `expiresAt` is absent for never. */
export interface TokenFacts {
  readonly clientId: string;
  readonly applicationId?: string | undefined;
  readonly keyType: KeyType;
  /** Full user name; absent for an application's own token. */
  readonly user?: string | undefined;
  readonly tenantDomain: string;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt?: number | undefined;
  readonly kind: TokenKind | 'API_KEY';
  readonly grantId: string;
  /** The key or certificate it is of use with only. */
  readonly confirmation?: Confirmation | undefined;
  /** Resource servers it is for; empty: the client itself (WSO2). */
  readonly audience: readonly string[];
  /** Of API keys: addresses and CIDR ranges; absent or empty: any. */
  readonly permittedIps?: readonly string[] | undefined;
  readonly permittedReferers?: readonly string[] | undefined;
  /** Of a user's token with the scope openid, when they were asked for. */
  readonly userClaims?: Readonly<Record<string, string>> | undefined;
}

export type KeyValidation = { readonly revocationSeq: number } & (
  | { readonly state: 'ACTIVE' | 'EXPIRED'; readonly facts: TokenFacts }
  | { readonly state: 'UNKNOWN' | 'REVOKED' }
);

/** WSO2's key validation: what the SHA-256 of an access token or API key stands for. Any failure to decide is thrown. */
export function createKeyValidation(
  deps: KeyValidationDeps,
): (tokenHash: Buffer, wantsUserClaims?: boolean) => Promise<KeyValidation> {
  const { tokens, clients, clock } = deps;

  return async (tokenHash, wantsUserClaims = false) => {
    // Read before the token: the answer may know of later revocations, but must not claim one that it missed.
    const revocationSeq = await tokens.revocationSeq();
    if (tokenHash.length !== 32) return { state: 'UNKNOWN', revocationSeq };
    const record = await tokens.findAccessToken(tokenHash);
    // Only what is no token is looked for a second time.
    if (!record) return (await validateApiKey(deps, tokenHash, revocationSeq)) ?? { state: 'UNKNOWN', revocationSeq };
    const client = record.revoked ? undefined : await clientOfGrant(clients, record.grant);
    if (!client?.active) return { state: 'REVOKED', revocationSeq };

    const now = clock.now();
    const facts = factsOf(record, client);
    if (isExpired(record.expiresAt, now)) return { state: 'EXPIRED', facts, revocationSeq };
    noteUse(deps, record, now);
    const userClaims = wantsUserClaims ? await userClaimsOf(deps, facts) : undefined;
    return { state: 'ACTIVE', facts: userClaims ? { ...facts, userClaims } : facts, revocationSeq };
  };
}

/** Backends hear of a user what the client was allowed to ask for. */
async function userClaimsOf({ backendClaims }: KeyValidationDeps, { user, scope }: TokenFacts) {
  return user !== undefined && scope.includes('openid') ? backendClaims?.(user) : undefined;
}

function factsOf({ grant, scope, issuedAt, expiresAt, confirmation }: AccessTokenRecord, client: Client): TokenFacts {
  return {
    clientId: client.clientId,
    applicationId: client.applicationId,
    keyType: client.keyType,
    user: grant.subject,
    tenantDomain: grant.tenantDomain,
    scope,
    issuedAt,
    expiresAt,
    kind: grant.kind,
    grantId: grant.id,
    confirmation,
    audience: grant.details?.audience ?? [],
  };
}
