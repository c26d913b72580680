import { accessTokenExpiry, grantExpiry } from './lifetimes.js';
import type { Authorization, Client, Confirmation, GrantRecord, TokenGranted } from './model.js';
import type { TokenStore } from './ports.js';
import { formatScope } from './scope.js';
import { tokenTypeOf } from './sender-constraint.js';
import { createTokenMint, type TokenMint, type TokenMintDeps } from './token-mint.js';

export interface TokenIssuerDeps extends TokenMintDeps {
  readonly tokens: TokenStore;
}

/** What issuing, rotating and giving out again have in common. */
export interface Issuing extends TokenIssuerDeps {
  readonly mint: TokenMint;
}

export const issuingWith = (deps: TokenIssuerDeps): Issuing => ({ ...deps, mint: createTokenMint(deps) });

/** One request that was decided. The tokens are bound to `confirmation`. */
export interface Decided {
  readonly client: Client;
  readonly authorization: Authorization;
  readonly confirmation: Confirmation | undefined;
  readonly now: number;
}

export interface Pair {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
}

export function newGrant({ values, settings }: Issuing, { client, authorization, now }: Decided): GrantRecord {
  const { redeems, tenantDomain, subject, kind, details } = authorization;
  return {
    id: redeems?.grantId ?? timeOrderedUuid(now, values.random()),
    clientId: client.clientId,
    tenantDomain,
    subject,
    kind,
    createdAt: now,
    expiresAt: grantExpiry(settings, now),
    details,
  };
}

export function mintJwt({ mint, settings }: Issuing, decided: Decided, grant: GrantRecord): Promise<string> {
  const { client, authorization, confirmation, now } = decided;
  const expiresAt = accessTokenExpiry(client, authorization, settings, now);
  return mint.jwt(client, { grant, scope: authorization.scope, issuedAt: now, expiresAt, confirmation });
}

/** A refresh token that the client may not present is not made. */
export function isRefreshable({ settings }: Issuing, { client, authorization }: Decided): boolean {
  const canRefresh = client.grantTypes.includes('refresh_token') && settings.grantTypes.includes('refresh_token');
  return authorization.refreshable && canRefresh;
}

interface IssuedFacts {
  readonly scope: readonly string[];
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
  readonly idToken?: string | undefined;
  readonly issuedTokenType?: string | undefined;
}

/** RFC 6749 §5.1, with the members that OpenID Connect and RFC 8693 add. */
export function granted(
  { accessToken, refreshToken }: Pair,
  { scope, expiresAt, confirmation, idToken, issuedTokenType }: IssuedFacts,
  now: number,
): TokenGranted {
  return {
    accessToken,
    tokenType: tokenTypeOf(confirmation),
    // WSO2 reports "never" as a number beyond what JavaScript reads exactly; this is the largest that is safe.
    expiresIn: expiresAt === undefined ? Number.MAX_SAFE_INTEGER : Math.max(0, Math.floor((expiresAt - now) / 1_000)),
    refreshToken,
    scope: formatScope(scope),
    idToken,
    issuedTokenType,
  };
}

/**
 * Grant ids are UUIDs of version 7 (RFC 9562 §5.7), made from the time and 32 random hex digits. Ids in the order of
 * time keep the newest rows of an index side by side, so that issuing stays quick when the table is large.
 */
function timeOrderedUuid(now: number, hex: string): string {
  const time = now.toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
