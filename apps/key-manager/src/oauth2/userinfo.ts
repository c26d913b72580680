import type { ClientRequest } from './client-request.js';
import { InsufficientScope, InvalidRequest, InvalidToken, TokenMissing } from './errors.js';
import { isExpired } from './lifetimes.js';
import type { AccessTokenRecord } from './model.js';
import { readParameters } from './parameters.js';
import type { ClientStore, Clock, TokenStore } from './ports.js';
import { certificateConfirmation, isSameConfirmation } from './sender-constraint.js';
import { tokenHash } from './token-hash.js';
import { noteUse, type TokenUseDeps } from './token-use.js';

/** A JSON object; `sub` is always there. */
export type UserInfo = Readonly<Record<string, unknown>> & { readonly sub: string };

/** What is known of users, in the claims of OpenID Connect Core §5.1. */
export interface UserClaims {
  /** Those that the scopes ask for (§5.4); undefined when the user is gone or locked. */
  claimsOf(subject: string, scope: readonly string[]): Promise<Readonly<Record<string, unknown>> | undefined>;
}

export interface UserInfoDeps extends TokenUseDeps {
  readonly tokens: Pick<TokenStore, 'findAccessToken' | 'markAccessTokenUsed'>;
  readonly clients: ClientStore;
  readonly userClaims: UserClaims;
  readonly clock: Clock;
  /**
   * Whether the request proves that it may use a token that is bound to a DPoP key (RFC 9449 §7); without it such a
   * token is good for nothing here.
   */
  readonly provesKey?: (request: ClientRequest, accessToken: string, thumbprint: string) => Promise<boolean>;
}

/** OpenID Connect Core §5.3: the claims of the user, for an access token with the scope `openid`. */
export function createUserInfo(deps: UserInfoDeps): (request: ClientRequest) => Promise<UserInfo> {
  return async (request) => {
    const { scheme, value } = presentedToken(request);
    const hash = tokenHash(value);
    const record = hash && (await deps.tokens.findAccessToken(hash));
    const now = deps.clock.now();
    if (!record || record.revoked || isExpired(record.expiresAt, now)) throw new InvalidToken();
    const client = await deps.clients.findClient(record.grant.clientId);
    if (!client?.active) throw new InvalidToken();
    await assertHolder(deps, request, { record, scheme, value });
    if (!record.scope.includes('openid') || record.grant.subject === undefined) {
      throw new InsufficientScope('Access token does not have the openid scope', 'openid');
    }
    const claims = await deps.userClaims.claimsOf(record.grant.subject, record.scope);
    if (!claims) throw new InvalidToken();
    noteUse(deps, record, now);
    return { ...claims, sub: record.grant.subject };
  };
}

interface Presented {
  readonly scheme: 'bearer' | 'dpop';
  readonly value: string;
}

const isOurs = /^(bearer|dpop)\b/i;

/** RFC 6750 §2.1 and §2.2, RFC 9449 §7.1; one way at a time. Never the query: it ends up in logs (RFC 9700 §4.3.2). */
function presentedToken({ authorization, parameters }: ClientRequest): Presented {
  const inBody = readParameters(parameters).get('access_token');
  if (authorization === undefined) {
    if (inBody === undefined) throw new TokenMissing();
    return { scheme: 'bearer', value: inBody };
  }
  if (inBody !== undefined) throw new InvalidRequest('The access token is sent in more than one way.');
  const [, scheme, value] = /^(bearer|dpop) +([\w.~+/-]+=*) *$/i.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined)
    throw isOurs.test(authorization) ? new InvalidToken() : new TokenMissing();
  return { scheme: scheme.toLowerCase() as Presented['scheme'], value };
}

/** A bound token that somebody else has stolen opens nothing. */
async function assertHolder(
  { provesKey }: UserInfoDeps,
  request: ClientRequest,
  { record: { confirmation }, scheme, value }: Presented & { readonly record: AccessTokenRecord },
): Promise<void> {
  const isKeyBound = confirmation?.method === 'jkt';
  if ((scheme === 'dpop') !== isKeyBound) throw new InvalidToken();
  if (!confirmation) return;
  const holds = isKeyBound
    ? await provesKey?.(request, value, confirmation.thumbprint)
    : request.clientCertificate && isSameConfirmation(confirmation, certificateConfirmation(request.clientCertificate));
  if (!holds) throw new InvalidToken();
}
