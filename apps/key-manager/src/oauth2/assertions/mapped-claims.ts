import type { TrustedIssuer } from './trusted-issuer.js';

/** Claims that say who issued a token, for whom, and what it is good for: no other issuer has a say in them. */
export const reservedClaims: ReadonlySet<string> = new Set(
  (
    'iss sub aud exp nbf iat jti azp client_id scope aut cnf act may_act typ token_type tenant_domain events ' +
    'auth_time nonce acr amr sid at_hash c_hash s_hash active username roles entitlements realm_access __proto__'
  ).split(' '),
);

/** OpenID Connect Core §5.4: which scope asks for which standard claims. */
const scopeOfClaim: ReadonlyMap<string, string> = new Map(
  Object.entries({
    profile:
      'name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate ' +
      'zoneinfo locale updated_at',
    email: 'email email_verified',
    phone: 'phone_number phone_number_verified',
    address: 'address',
    groups: 'groups',
  }).flatMap(([scope, claims]) => claims.split(' ').map((claim) => [claim, scope] as const)),
);

const maxClaimLength = 2_048;
const maxClaims = 50;

/**
 * What the new token takes over of an issuer's claims: what the provider's mapping names; a standard claim if its scope
 * was asked for. Lists stay lists. What is reserved or too large is left out.
 */
export function mappedClaims(
  { claimMapping }: Pick<TrustedIssuer, 'claimMapping'>,
  claims: Readonly<Record<string, unknown>>,
  requestedScope: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  const taken = claimMapping.slice(0, maxClaims).flatMap(({ remoteClaim, localClaim }) => {
    const value = Object.hasOwn(claims, remoteClaim) ? claims[remoteClaim] : undefined;
    const scope = scopeOfClaim.get(localClaim);
    const isAsked = scope === undefined || requestedScope.includes(scope);
    return isAsked && isFit(value) && !reservedClaims.has(localClaim) ? [[localClaim, value] as const] : [];
  });
  return taken.length > 0 ? Object.fromEntries(taken) : undefined;
}

/** Neither too long nor with characters that a database does not keep (U+0000, halves of surrogate pairs). */
function isFit(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  const text = JSON.stringify(value);
  return text.length <= maxClaimLength && !/\\u(0000|d[89a-f])/.test(text);
}
