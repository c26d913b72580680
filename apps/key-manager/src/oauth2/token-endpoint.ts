import { type ClientAuthenticationDeps, createClientAuthentication } from './client-authentication.js';
import type { ClientRequest } from './client-request.js';
import type { DpopProofs } from './dpop-proof.js';
import { InvalidClient, InvalidRequest, UnauthorizedClient, UnsupportedGrantType } from './errors.js';
import type { GrantPorts } from './grant.js';
import { enabledGrants } from './grants/index.js';
import type { TokenGranted } from './model.js';
import { pick, readParameters } from './parameters.js';
import type { ScopeStore } from './ports.js';
import { assertMayAsk, withinRegistration } from './registered-scope.js';
import { createScopePolicy } from './scope.js';
import { senderConstraint } from './sender-constraint.js';
import { createTokenIssuer, type TokenIssuerDeps } from './token-issuer.js';
import { unlessOutdated } from './unless-outdated.js';

export type TokenEndpoint = (request: ClientRequest) => Promise<TokenGranted>;

export interface TokenEndpointDeps extends ClientAuthenticationDeps, TokenIssuerDeps, Omit<GrantPorts, 'scopes'> {
  readonly scopes: ScopeStore;
  /** Absent: DPoP proofs are refused. */
  readonly dpop?: DpopProofs | undefined;
}

/** RFC 6749 §3.2, from the first check to the answer of §5.1. Throws the `OAuthError` of §5.2. */
export function createTokenEndpoint(deps: TokenEndpointDeps): TokenEndpoint {
  const authenticateClient = createClientAuthentication(deps);
  const grants = enabledGrants({ ...deps, scopes: createScopePolicy(deps.scopes, deps.settings) });
  const issueTokens = createTokenIssuer(deps);

  return async (request) => {
    const parameters = readParameters(request.parameters);
    const client = await authenticateClient(request, parameters);

    const grantType = parameters.get('grant_type');
    if (grantType === undefined) throw new InvalidRequest('Missing grant_type parameter value');
    const grant = grants.get(grantType);
    if (!grant) throw new UnsupportedGrantType();
    if (!client.grantTypes.includes(grantType)) {
      throw new UnauthorizedClient('The authenticated client is not authorized to use this authorization grant type');
    }

    assertMayAsk(client, parameters.get('scope'));
    const confirmation = await senderConstraint(request, client, deps.dpop);
    const asked = { clientAddress: request.clientAddress, confirmation };
    const decide = async () =>
      withinRegistration(client, await grant.authorize(pick(grant.parameters, parameters), client, asked));
    try {
      const granted = await unlessOutdated(deps.resourceOwners, decide, (authorization) =>
        issueTokens(client, authorization, confirmation),
      );
      // The next request needs a nonce too: handing it out now saves the client a refusal (RFC 9449 §8.2).
      return confirmation?.method === 'jkt' ? { ...granted, dpopNonce: deps.dpop?.nextNonce() } : granted;
    } catch (thrown) {
      // The store saves nothing for a client that was revoked meanwhile: a password check takes long enough for that.
      if (thrown instanceof Error && thrown.name === 'NotFound') throw new InvalidClient(deps.realm, { cause: thrown });
      throw thrown;
    }
  };
}
