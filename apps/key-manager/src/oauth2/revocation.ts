import { z } from 'zod';
import { type ClientAuthenticationDeps, createClientAuthentication } from './client-authentication.js';
import type { ClientRequest } from './client-request.js';
import { UnauthorizedClient } from './errors.js';
import { pick, readParameters } from './parameters.js';
import type { Clock, TokenStore } from './ports.js';
import { findToken } from './token-lookup.js';

export interface RevocationDeps extends ClientAuthenticationDeps {
  readonly tokens: Pick<TokenStore, 'findAccessToken' | 'findRefreshToken' | 'revokeBy'>;
  readonly clock: Clock;
}

const parameters = z.object({ token: z.string(), token_type_hint: z.string().optional() });

/**
 * RFC 7009. Either token ends the whole grant, its pair and all before it. Resolves also when there was nothing to
 * revoke (§2.2); a token of another client is refused (§2.1).
 */
export function createRevocation(deps: RevocationDeps): (request: ClientRequest) => Promise<void> {
  const authenticateClient = createClientAuthentication(deps);

  return async (request) => {
    const sent = readParameters(request.parameters);
    const client = await authenticateClient(request, sent);
    const { token, token_type_hint: hint } = pick(parameters, sent);

    const found = await findToken(deps.tokens, token, hint);
    if (!found) return;
    const { grant } = found.record;
    if (grant.clientId !== client.clientId) {
      throw new UnauthorizedClient('The token was not issued to this client.');
    }
    // A family dies as a whole, so there is nothing left to tell the gateways.
    if (found.kind === 'refresh_token' && found.record.state === 'REVOKED') return;
    await deps.tokens.revokeBy({ kind: 'grant', grantId: grant.id }, deps.clock.now(), {
      tenantDomain: grant.tenantDomain,
      actor: client.clientId,
      action: 'token.revoked',
      target: grant.id,
      clientAddress: request.clientAddress,
    });
  };
}
