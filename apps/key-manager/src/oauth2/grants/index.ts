import type { Grant, GrantPorts } from '../grant.js';
import { authorizationCodeGrant } from './authorization-code.grant.js';
import { clientCredentialsGrant } from './client-credentials.grant.js';
import { deviceCodeGrant } from './device-code.grant.js';
import { jwtBearerGrant } from './jwt-bearer.grant.js';
import { passwordGrant } from './password.grant.js';
import { refreshTokenGrant } from './refresh-token.grant.js';
import { saml2BearerGrant } from './saml2-bearer.grant.js';
import { tokenExchangeGrant } from './token-exchange.grant.js';

/** Every grant there is. A new one is a file beside these and a line here. */
const factories: readonly ((ports: GrantPorts) => Grant)[] = [
  passwordGrant,
  refreshTokenGrant,
  clientCredentialsGrant,
  authorizationCodeGrant,
  deviceCodeGrant,
  jwtBearerGrant,
  saml2BearerGrant,
  tokenExchangeGrant,
];

/** The enabled grants by their `grant_type`. */
export function enabledGrants(ports: GrantPorts): ReadonlyMap<string, Grant> {
  const grants = factories.map((factory) => factory(ports));
  return new Map(
    grants.filter(({ grantType }) => ports.settings.grantTypes.includes(grantType)).map((g) => [g.grantType, g]),
  );
}
