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
  /** What this server is called in `audience` and `resource` of a token exchange. */
  ownNames: readonly string[];
}): BearerAuthentication {
  return {
    async authenticate(accessToken) {
      const hash = tokenHash(accessToken);
      const found = hash && (await ports.tokens.findAccessToken(hash));
      if (!found || found.revoked || (found.expiresAt ?? Number.POSITIVE_INFINITY) <= ports.clock.now())
        return undefined;
      // It is for whoever holds its key or certificate; here nobody proves that, and without proof it may be stolen.
      if (found.confirmation) return undefined;
      // RFC 9068 §4: whoever is sent a token that is for them alone must not get in here with it.
      const { audience = [] } = found.grant.details ?? {};
      if (audience.length > 0 && !audience.some((name) => ports.ownNames.includes(name))) return undefined;
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
