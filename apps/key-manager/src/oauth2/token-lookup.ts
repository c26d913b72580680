import type { AccessTokenRecord, RefreshTokenRecord } from './model.js';
import type { TokenStore } from './ports.js';
import { tokenHash } from './token-hash.js';

export type FoundToken =
  | { readonly kind: 'access_token'; readonly record: AccessTokenRecord }
  | { readonly kind: 'refresh_token'; readonly record: RefreshTokenRecord };

/** Finds a token of either kind. The hint only says where to look first (RFC 7009 §2.1); an unknown hint is ignored. */
export async function findToken(
  tokens: Pick<TokenStore, 'findAccessToken' | 'findRefreshToken'>,
  presented: string,
  hint: string | undefined,
): Promise<FoundToken | undefined> {
  const hash = tokenHash(presented);
  if (!hash) return undefined;
  const access = async (): Promise<FoundToken | undefined> => {
    const record = await tokens.findAccessToken(hash);
    return record && { kind: 'access_token', record };
  };
  const refresh = async (): Promise<FoundToken | undefined> => {
    const record = await tokens.findRefreshToken(hash);
    return record && { kind: 'refresh_token', record };
  };
  return hint === 'refresh_token' ? ((await refresh()) ?? access()) : ((await access()) ?? refresh());
}
