import { z } from 'zod';
import { assertedUser } from '../assertions/asserted-user.js';
import { mappedClaims } from '../assertions/mapped-claims.js';
import { createSamlVerification } from '../assertions/saml-verification.js';
import { assertFirstUse } from '../assertions/single-use.js';
import { InvalidGrant } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { vschars } from '../parameters.js';
import { parseScope } from '../scope.js';

const parameters = z.object({ assertion: vschars(16_384), scope: z.string().optional() });

/** A SAML 2.0 assertion of a trusted issuer for a token for its subject. RFC 7522 §2.1. */
export function saml2BearerGrant(ports: GrantPorts): Grant<z.output<typeof parameters>> {
  const verify = createSamlVerification(ports, refuse);
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
    parameters,
    async authorize({ assertion, scope }, client) {
      const requested = parseScope(scope);
      const verified = await verify(assertion, client.tenantDomain);
      const { issuer, subject, id, expiresAt, attributes, isForOneUse: always } = verified;
      const roles = (issuer.roleClaim === undefined ? undefined : attributes[issuer.roleClaim]) ?? [];
      const user = await assertedUser({ issuer, subject, roles }, ports, refuse);
      const granted = await ports.scopes.grant(requested, {
        tenantDomain: user.tenantDomain,
        roles: async () => user.roles,
      });
      // Last of all: a request that is refused for another reason may be corrected and sent again.
      await assertFirstUse(ports, { issuerId: issuer.id, id: `saml ${id}`, expiresAt, always }, refuse);
      return {
        subject: user.subject,
        tenantDomain: user.tenantDomain,
        kind: 'APPLICATION_USER',
        scope: granted,
        restsOn: user.restsOn,
        // RFC 7521 §4.1: the next assertion is what renews, and the issuer decides whether there is one.
        refreshable: false,
        details: { claims: mappedClaims(issuer, singled(attributes), requested), federation: user.federation },
      };
    },
  };
}

/** An attribute with one value is that value; one with several is a list. */
function singled(attributes: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function refuse(description: string): InvalidGrant {
  return new InvalidGrant(description);
}
