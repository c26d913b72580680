import { type Decided, granted, type Issuing, isRefreshable, newGrant } from './issued-tokens.js';
import type { ReusablePair, TokenGranted } from './model.js';
import { newTokens } from './new-tokens.js';
import { isReusable } from './reusable-pair.js';

/** WSO2's `reuseActiveToken`: the database decides which of many requests at once made the pair that all are given. */
export async function reuse(issuing: Issuing, decided: Decided, key: Buffer): Promise<TokenGranted> {
  const { tokens, values, mint } = issuing;
  const { client, authorization, now } = decided;
  const hasRefresh = isRefreshable(issuing, decided);
  const known = await tokens.findReusable(key);
  const pair = isReusable(known, hasRefresh, now) ? known : await makePair(issuing, decided, key);
  const { accessToken, refreshToken } = values.reusableOf(pair.salt);
  // The id_token is about this login, not about the one that the pair was made for.
  const grant = { ...pair.accessToken.grant, details: authorization.details };
  const idToken = await mint.idToken(client, { authorization, grant, accessToken });
  const shown = { accessToken, refreshToken: hasRefresh ? refreshToken : undefined };
  return granted(shown, { ...pair.accessToken, idToken }, now);
}

function makePair(issuing: Issuing, decided: Decided, key: Buffer): Promise<ReusablePair> {
  const { tokens, values, settings } = issuing;
  const { client, authorization, confirmation, now } = decided;
  const salt = values.salt();
  const { accessToken, refreshToken } = values.reusableOf(salt);
  const minted = {
    accessToken,
    refreshToken: isRefreshable(issuing, decided) ? refreshToken : undefined,
    grant: newGrant(issuing, decided),
    generation: 0,
    refreshScope: authorization.scope,
    confirmation,
  };
  return tokens.saveReusable(key, salt, newTokens(settings, client, authorization, minted, now));
}
