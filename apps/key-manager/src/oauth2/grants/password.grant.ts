import { z } from 'zod';
import { InvalidGrant } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { unicodeNoCrlf } from '../parameters.js';
import { parseScope } from '../scope.js';
import { standingOf } from '../standing.js';
import { assertMayUse } from '../tenancy.js';

const parameters = z.object({
  username: unicodeNoCrlf(512),
  password: unicodeNoCrlf(1_024),
  scope: z.string().optional(),
});

/** The user's own name and password for a token. RFC 6749 §4.3. */
export function passwordGrant({ resourceOwners, scopes, clock }: GrantPorts): Grant<z.output<typeof parameters>> {
  return {
    grantType: 'password',
    parameters,
    async authorize({ username, password, scope }, client, { clientAddress }) {
      // Read first: a malformed scope must not cost a password hash.
      const requested = parseScope(scope);
      const owner = await resourceOwners.authenticate(username, password, clientAddress);
      // One text for unknown, locked, wrong and of another tenant; WSO2 would repeat the user name here.
      if (!owner) throw new InvalidGrant('Authentication failed.');
      assertMayUse(client, owner.tenantDomain);
      const granted = await scopes.grant(requested, {
        tenantDomain: owner.tenantDomain,
        roles: async () => owner.roles,
      });
      const authentication = { authTime: clock.now(), amr: ['pwd'] };
      return {
        subject: owner.subject,
        tenantDomain: owner.tenantDomain,
        kind: 'APPLICATION_USER',
        scope: granted,
        restsOn: standingOf(owner),
        refreshable: true,
        // For the id_token, and for those that refreshing makes (OpenID Connect Core §12.2).
        details: granted.includes('openid') ? { authentication } : undefined,
      };
    },
  };
}
