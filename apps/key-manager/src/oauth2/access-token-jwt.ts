import type { Client, Confirmation, GrantRecord } from './model.js';
import { formatScope } from './scope.js';
import { tokenSubject } from './token-subject.js';

/** What the claims of an access token are made from; times in milliseconds. */
export interface JwtFacts {
  readonly issuer: string;
  readonly client: Pick<Client, 'clientId'>;
  readonly grant: Pick<GrantRecord, 'subject' | 'kind' | 'details'>;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt?: number | undefined;
  readonly confirmation?: Confirmation | undefined;
  readonly jti: string;
}

/** RFC 9068 §2.1. Tells it from an id_token, which must not open an API (§5). */
export const accessTokenType = 'at+jwt';

/** RFC 9068 §2.2 knows no token without `exp`: one that never expires says the last second of the year 9999. */
export const neverExpires = 253_402_300_799_000;

export const seconds = (millis: number): number => Math.floor(millis / 1_000);

/** `aud`: the resource servers that the grant named; else the client itself (WSO2). */
export function audienceOf(details: GrantRecord['details'], clientId: string): string | readonly string[] {
  const { audience = [] } = details ?? {};
  return audience.length > 1 ? audience : (audience[0] ?? clientId);
}

/** RFC 9068 §2.2, with WSO2's `aut` and `azp`. Claims taken over from another issuer never stand in for our own. */
export function accessTokenClaims(facts: JwtFacts): Record<string, unknown> {
  const { issuer, client, grant, scope, issuedAt, expiresAt = neverExpires, confirmation, jti } = facts;
  const { authentication, claims } = grant.details ?? {};
  return {
    ...claims,
    iss: issuer,
    sub: tokenSubject({ ...grant, clientId: client.clientId }),
    aud: audienceOf(grant.details, client.clientId),
    azp: client.clientId,
    client_id: client.clientId,
    scope: formatScope(scope),
    aut: grant.kind,
    nbf: seconds(issuedAt),
    iat: seconds(issuedAt),
    exp: seconds(expiresAt),
    jti,
    auth_time: authentication && seconds(authentication.authTime),
    acr: authentication?.acr,
    amr: authentication?.amr,
    cnf: confirmation && { [confirmation.method]: confirmation.thumbprint },
  };
}
