import type { ClientStore, Clock, ResourceOwners, TokenStore } from '../../oauth2/ports.js';
import { tokenHash } from '../../oauth2/token-hash.js';
import { restScopes } from '../rest-scopes.js';
import type { BearerAuthentication } from './caller.js';

/** Finds who a token stands for: its user or, for a client's own token, the owner of the client (WSO2). */
export function bearerAuthentication(ports: {
  tokens: Pick<TokenStore, 'findAccessToken'>;
  clients: ClientStore;
  owners: Pick<ResourceOwners, 'find'>;
  clock: Clock;
}): BearerAuthentication {
  return {
    async authenticate(accessToken) {
      const hash = tokenHash(accessToken);
      const found = hash && (await ports.tokens.findAccessToken(hash));
      if (!found || found.revoked || (found.expiresAt ?? Number.POSITIVE_INFINITY) <= ports.clock.now())
        return undefined;
      // It is for whoever holds its key or certificate; here nobody proves that, and without proof it may be stolen.
      if (found.confirmation) return undefined;
      const client = await ports.clients.findClient(found.grant.clientId);
      if (!client?.active) return undefined;
      const owner = await ports.owners.find(found.grant.subject ?? client.owner);
      return owner && { ...owner, scopes: found.scope.filter((name) => isHeld(name, owner.roles)) };
    },
  };
}

/** A token can outlive a role by hours or for ever; what the role allowed here ends with it. */
function isHeld(scope: string, roles: readonly string[]): boolean {
  return restScopes.get(scope)?.some((role) => roles.includes(role)) ?? true;
}
