import { z } from 'zod';
import { UnauthorizedClient } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import type { ResourceOwner } from '../model.js';
import { applicationScope, parseScope } from '../scope.js';
import { standingOf } from '../standing.js';

const parameters = z.object({
  scope: z.string().optional(),
  /** WSO2: seconds. Only a shorter life is granted, or a client could undo what the operator set. */
  validity_period: z
    .string()
    .regex(/^-?[0-9]{1,15}$/)
    .optional(),
});

/** A token for the application itself, without a refresh token. RFC 6749 §4.4. */
export function clientCredentialsGrant({ resourceOwners, scopes }: GrantPorts): Grant<z.output<typeof parameters>> {
  return {
    grantType: 'client_credentials',
    parameters,
    async authorize({ scope, validity_period: validityPeriod }, client) {
      // RFC 6749 §4.4: confidential clients only, or anyone who knows a client id would get a token.
      if (!client.confidential) throw new UnauthorizedClient('A public client cannot use this grant type.');
      let owner: ResourceOwner | undefined;
      const granted = await scopes.grant(parseScope(scope), {
        tenantDomain: client.tenantDomain,
        // WSO2: the application acts with its owner's roles, and with none once the owner is gone.
        roles: async () => {
          owner = await resourceOwners.find(client.owner);
          return owner?.roles ?? [];
        },
      });
      return {
        tenantDomain: client.tenantDomain,
        kind: 'APPLICATION',
        scope: [applicationScope, ...granted],
        restsOn: owner && standingOf(owner),
        refreshable: false,
        atMostSeconds: Number(validityPeriod) > 0 ? Number(validityPeriod) : undefined,
      };
    },
  };
}
