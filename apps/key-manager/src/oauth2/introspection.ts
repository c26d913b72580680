import { z } from 'zod';
import { audienceOf } from './access-token-jwt.js';
import { readBasic } from './basic-credentials.js';
import { type ClientAuthenticationDeps, createClientAuthentication } from './client-authentication.js';
import { clientOfGrant } from './client-of-grant.js';
import type { ClientRequest } from './client-request.js';
import { InvalidClient } from './errors.js';
import { isExpired } from './lifetimes.js';
import type { Client, Confirmation, TokenKind } from './model.js';
import { type Parameters, pick, readParameters } from './parameters.js';
import type { Clock, TokenStore } from './ports.js';
import { formatScope } from './scope.js';
import { tokenTypeOf } from './sender-constraint.js';
import { type FoundToken, findToken } from './token-lookup.js';
import { tokenSubject } from './token-subject.js';
import { noteUse, type TokenUseDeps } from './token-use.js';

/** RFC 7662 §2.2; times are seconds since the epoch. `exp` is absent for a token that never expires. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly scope: string;
      readonly clientId: string;
      /** The user's full name; absent for an application's own token. */
      readonly username?: string | undefined;
      /** `refresh_token` for a refresh token, which no resource server may take for an access token. */
      readonly tokenType: 'Bearer' | 'DPoP' | 'refresh_token';
      readonly exp?: number | undefined;
      readonly iat: number;
      readonly nbf: number;
      /** Always there, as some resource servers need it: the user, or else the client. */
      readonly sub: string;
      /** The same as in the token, where it is a JWT. */
      readonly aud: string | readonly string[];
      readonly iss: string;
      /** WSO2: whom the token was issued to. */
      readonly aut: TokenKind;
      /** RFC 9449 §6.2, RFC 8705 §3.2: `cnf`. */
      readonly confirmation?: Confirmation | undefined;
    };

/** Users who may introspect with their own name and password (WSO2: tenant administrators). */
export interface IntrospectionUsers {
  /** The tenant whose tokens the user may see; undefined when the credentials are wrong or the user may not. */
  authenticateAdministrator(
    username: string,
    password: string,
    clientAddress: string,
  ): Promise<{ readonly tenantDomain: string } | undefined>;
}

export interface IntrospectionDeps extends ClientAuthenticationDeps, TokenUseDeps {
  readonly tokens: Pick<TokenStore, 'findAccessToken' | 'findRefreshToken' | 'markAccessTokenUsed'>;
  readonly clock: Clock;
  readonly administrators: IntrospectionUsers;
  readonly issuer: string;
}

interface Caller {
  readonly tenantDomain: string;
  /** Absent for an administrator. */
  readonly clientId?: string | undefined;
}

const parameters = z.object({ token: z.string(), token_type_hint: z.string().optional() });
const inactive: Introspection = { active: false };

/**
 * RFC 7662, for confidential clients and administrators; each sees the tokens of its own tenant. Administrators' Basic
 * credentials come raw, as no specification encodes user names.
 */
export function createIntrospection(deps: IntrospectionDeps): (request: ClientRequest) => Promise<Introspection> {
  const authenticateCaller = createCallerAuthentication(deps);

  return async (request) => {
    const sent = readParameters(request.parameters);
    const caller = await authenticateCaller(request, sent);
    const { token, token_type_hint: hint } = pick(parameters, sent);

    const found = await findToken(deps.tokens, token, hint);
    const now = deps.clock.now();
    if (!found || !isLive(found, now) || !maySee(caller, found)) return inactive;
    const client = await clientOfGrant(deps.clients, found.record.grant);
    if (!client?.active) return inactive;
    if (found.kind === 'access_token') noteUse(deps, found.record, now);
    return describe(found, deps.issuer);
  };
}

function createCallerAuthentication(deps: IntrospectionDeps) {
  const authenticateClient = createClientAuthentication(deps);

  return async (request: ClientRequest, sent: Parameters): Promise<Caller> => {
    const client = await unlessInvalid(authenticateClient(request, sent));
    // RFC 7662 §4: whoever merely knows a client id must not be able to try out tokens.
    if (client?.confidential) return { tenantDomain: client.tenantDomain, clientId: client.clientId };
    // Also when the name is that of a client with another secret: were no password checked for it, the time of the
    // answer would tell which names are clients.
    const { authorization = '', clientAddress } = request;
    const user = readBasic(authorization)?.at(-1);
    const administrator =
      user && (await deps.administrators.authenticateAdministrator(user.id, user.secret, clientAddress));
    if (!administrator) throw new InvalidClient(deps.realm);
    return { tenantDomain: administrator.tenantDomain };
  };
}

async function unlessInvalid(authentication: Promise<Client>): Promise<Client | undefined> {
  try {
    return await authentication;
  } catch (error) {
    if (error instanceof InvalidClient) return undefined;
    throw error;
  }
}

function isLive({ kind, record }: FoundToken, now: number): boolean {
  if (isExpired(record.expiresAt, now)) return false;
  return kind === 'access_token' ? !record.revoked : record.state === 'ACTIVE';
}

function maySee(caller: Caller, { kind, record }: FoundToken): boolean {
  const isOwn = record.grant.clientId === caller.clientId;
  // A resource server has no business with refresh tokens, and might take one for an access token.
  if (kind === 'refresh_token' && caller.clientId !== undefined) return isOwn;
  return isOwn || record.grant.tenantDomain === caller.tenantDomain;
}

function describe({ kind, record }: FoundToken, issuer: string): Introspection {
  const { grant, scope, issuedAt, expiresAt, confirmation } = record;
  return {
    active: true,
    scope: formatScope(scope),
    clientId: grant.clientId,
    username: grant.subject,
    tokenType: kind === 'access_token' ? tokenTypeOf(confirmation) : 'refresh_token',
    exp: expiresAt === undefined ? undefined : Math.floor(expiresAt / 1_000),
    iat: Math.floor(issuedAt / 1_000),
    nbf: Math.floor(issuedAt / 1_000),
    sub: tokenSubject(grant),
    aud: audienceOf(grant.details, grant.clientId),
    iss: issuer,
    aut: grant.kind,
    confirmation,
  };
}
