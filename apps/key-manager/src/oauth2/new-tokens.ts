import { accessTokenExpiry, refreshTokenExpiry } from './lifetimes.js';
import type { Authorization, Client, Confirmation, GrantRecord, NewTokens } from './model.js';
import type { OAuth2Settings } from './settings.js';
import { sha256 } from './token-hash.js';

/** Values just minted, with the family they join. */
export interface MintedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  readonly grant: GrantRecord;
  readonly generation: number;
  /** What the family may ask for at most. */
  readonly refreshScope: readonly string[];
  readonly confirmation?: Confirmation | undefined;
}

/** What of a minted pair is stored: hashes, scopes and times. */
export function newTokens(
  settings: Pick<OAuth2Settings, 'lifetimesSeconds'>,
  client: Client,
  authorization: Authorization,
  { accessToken, refreshToken, grant, generation, refreshScope, confirmation }: MintedTokens,
  now: number,
): NewTokens {
  const access = {
    hash: sha256(accessToken),
    scope: authorization.scope,
    issuedAt: now,
    expiresAt: accessTokenExpiry(client, authorization, settings, now),
    confirmation,
  };
  const { restsOn } = authorization;
  if (refreshToken === undefined) return { grant, restsOn, accessToken: access };
  const refresh = {
    hash: sha256(refreshToken),
    generation,
    scope: refreshScope,
    issuedAt: now,
    expiresAt: refreshTokenExpiry(client, grant, settings, now),
    // A confidential client proves itself anyway and may change its key (RFC 9449 §5).
    confirmation: client.confidential ? undefined : confirmation,
  };
  return { grant, restsOn, accessToken: access, refreshToken: refresh };
}
