import { z } from 'zod';
import { assertedUser } from '../assertions/asserted-user.js';
import { createJwtVerification, textsOf } from '../assertions/jwt-verification.js';
import { mappedClaims } from '../assertions/mapped-claims.js';
import { assertFirstUse } from '../assertions/single-use.js';
import { InvalidGrant } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { vschars } from '../parameters.js';
import { parseScope } from '../scope.js';

const parameters = z.object({ assertion: vschars(16_384), scope: z.string().optional() });

/** A JWT of a trusted issuer for a token for its subject. RFC 7523 §2.1. */
export function jwtBearerGrant(ports: GrantPorts): Grant<z.output<typeof parameters>> {
  const verify = createJwtVerification(ports, refuse);
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    parameters,
    async authorize({ assertion, scope }, client) {
      const requested = parseScope(scope);
      const { issuer, subject, id, expiresAt, claims } = await verify(assertion, client.tenantDomain);
      const roles = textsOf(issuer.roleClaim === undefined ? undefined : claims[issuer.roleClaim]);
      const user = await assertedUser({ issuer, subject, roles }, ports, refuse);
      const granted = await ports.scopes.grant(requested, {
        tenantDomain: user.tenantDomain,
        roles: async () => user.roles,
      });
      // Last of all: a request that is refused for another reason may be corrected and sent again.
      await assertFirstUse(ports, { issuerId: issuer.id, id, expiresAt }, refuse);
      return {
        subject: user.subject,
        tenantDomain: user.tenantDomain,
        kind: 'APPLICATION_USER',
        scope: granted,
        restsOn: user.restsOn,
        // RFC 7521 §4.1: the next assertion is what renews, and the issuer decides whether there is one.
        refreshable: false,
        details: { claims: mappedClaims(issuer, claims, requested), federation: user.federation },
      };
    },
  };
}

function refuse(description: string): InvalidGrant {
  return new InvalidGrant(description);
}
