import type { Clock, TokenStore } from './ports.js';

export interface OneTimeTokenDeps {
  readonly tokens: Pick<TokenStore, 'findAccessToken' | 'revokeBy'>;
  readonly clock: Clock;
}

/**
 * Ends a token that was good for one call, with the grant it comes from: a refresh token would make another one (WSO2:
 * revokeOneTimeToken). Asked by gateways only, which have just let it in; of an unknown one nothing is said.
 */
export function createOneTimeTokenRevocation({
  tokens,
  clock,
}: OneTimeTokenDeps): (tokenHash: Buffer) => Promise<void> {
  return async (tokenHash) => {
    const record = tokenHash.length === 32 ? await tokens.findAccessToken(tokenHash) : undefined;
    if (!record || record.revoked) return;
    const { id, tenantDomain, clientId } = record.grant;
    await tokens.revokeBy({ kind: 'grant', grantId: id }, clock.now(), {
      tenantDomain,
      actor: clientId,
      action: 'token.used_up',
      target: id,
    });
  };
}
