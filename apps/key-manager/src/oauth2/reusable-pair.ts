import { isExpired } from './lifetimes.js';
import type { Authorization, Client, Confirmation, NewTokens, ReusablePair } from './model.js';
import { sha256 } from './token-hash.js';

/** WSO2: a token this close to its end is not given out again. */
const tooShortMillis = 1_000;

/** Whether the pair may be given out once more; `needsRefresh` when the answer has to hold a refresh token. */
export function isReusable(pair: ReusablePair | undefined, needsRefresh: boolean, now: number): pair is ReusablePair {
  if (!pair || pair.accessToken.revoked || isExpired(pair.accessToken.expiresAt, now + tooShortMillis)) return false;
  const { refreshToken } = pair;
  return !needsRefresh || (refreshToken !== undefined && !isExpired(refreshToken.expiresAt, now + tooShortMillis));
}

/**
 * What two requests must have in common to get the same pair: client, user, kind, scopes in any order, and what the
 * tokens are bound to and for. Undefined when this request always gets a pair of its own: a code or an assertion is
 * answered with new tokens, and nobody who asked for a shorter life is given a longer one.
 */
export function reuseKey(
  client: Client,
  authorization: Authorization,
  confirmation: Confirmation | undefined,
): Buffer | undefined {
  const { tenantDomain, subject, kind, scope, refreshable, atMostSeconds, redeems, issuedTokenType, details } =
    authorization;
  if (
    redeems ||
    issuedTokenType !== undefined ||
    atMostSeconds !== undefined ||
    details?.claims ||
    details?.federation
  ) {
    return undefined;
  }
  const bound = confirmation ? [confirmation.method, confirmation.thumbprint] : [];
  const whom = [client.clientId, tenantDomain, subject ?? null, kind, refreshable];
  return sha256(JSON.stringify([whom, [...scope].sort(), bound, details?.audience ?? []]));
}

/** What has just been saved, as it would be found. */
export function newReusable(salt: Buffer, { grant, accessToken, refreshToken }: NewTokens): ReusablePair {
  return { salt, accessToken: { ...accessToken, grant, revoked: false }, refreshToken };
}
