import { isExpired } from '../lifetimes.js';
import type { AccessTokenRecord, Client, Confirmation } from '../model.js';
import type { ClientStore, Clock, ResourceOwners, TokenStore } from '../ports.js';
import { isSameConfirmation } from '../sender-constraint.js';
import { tokenHash } from '../token-hash.js';
import { type AssertedUser, assertedUser, ofThisServer } from './asserted-user.js';
import { createJwtVerification, type JwtVerificationPorts, type Refuse, textsOf } from './jwt-verification.js';
import { mappedClaims } from './mapped-claims.js';

export interface ExchangedTokenPorts extends JwtVerificationPorts {
  readonly tokens: Pick<TokenStore, 'findAccessToken'>;
  readonly clients: ClientStore;
  readonly resourceOwners: Pick<ResourceOwners, 'find'>;
  readonly clock: Clock;
}

/** A subject or actor token that was found good (RFC 8693 §2.1), and what it says. */
export interface ExchangedToken {
  /** Whom it is about, in the words of its issuer. */
  readonly sub: string;
  readonly iss: string;
  /** Milliseconds since the epoch; undefined means never. */
  readonly expiresAt?: number | undefined;
  /** What a token of ours is good for; undefined for one of another issuer, which has no scopes here. */
  readonly scope?: readonly string[] | undefined;
  /** What a token for the same user takes over. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** RFC 8693 §4.1 and §4.4. */
  readonly act?: unknown;
  readonly mayAct?: unknown;
  /** The user it is about, as this server knows them. */
  user(): Promise<AssertedUser>;
}

export interface Exchanging {
  readonly client: Client;
  readonly confirmation: Confirmation | undefined;
  readonly requested: readonly string[];
}

export type TokenKindName = 'jwt' | 'access_token' | 'id_token';

/** Looks among our own access tokens first, then for a trusted issuer. Throws what `refuse` makes. */
export function exchangedTokens(
  ports: ExchangedTokenPorts,
  refuse: Refuse,
): (presented: string, kind: TokenKindName, by: Exchanging) => Promise<ExchangedToken> {
  const verify = createJwtVerification(ports, refuse);

  return async (presented, kind, by) => {
    const hash = kind === 'id_token' ? undefined : tokenHash(presented);
    const record = hash && (await ports.tokens.findAccessToken(hash));
    return record ? ofOurs(record, by) : ofOthers(presented, by);
  };

  async function ofOurs(record: AccessTokenRecord, by: Exchanging): Promise<ExchangedToken> {
    await assertExchangeable(record, by);
    const { grant, scope, expiresAt } = record;
    const { act, ...claims } = grant.details?.claims ?? {};
    const { clientId, subject, tenantDomain, details } = grant;
    return {
      sub: subject ?? clientId,
      iss: ports.issuer,
      expiresAt,
      scope,
      claims,
      act,
      async user() {
        if (subject === undefined) throw refuse('The subject token stands for no user.');
        const { federation } = details ?? {};
        if (federation) return { subject, tenantDomain, roles: federation.roles, federation };
        const owner = await ports.resourceOwners.find(subject);
        if (!owner) throw refuse('The token is invalid.');
        return ofThisServer(owner);
      },
    };
  }

  /** Alive, unbound or shown with its key, of the client's tenant, and meant for the client. */
  async function assertExchangeable(record: AccessTokenRecord, { client, confirmation }: Exchanging): Promise<void> {
    const { grant } = record;
    const isOwn = grant.clientId === client.clientId;
    // Otherwise whoever is sent a token as a resource server could make one of its own out of it.
    const isForClient = isOwn || grant.details?.audience?.includes(client.clientId);
    if (record.revoked || !isForClient || grant.tenantDomain !== client.tenantDomain) {
      throw refuse('The token is invalid.');
    }
    if (isExpired(record.expiresAt, ports.clock.now())) throw refuse('JSON Web Token is expired');
    // Exchanged by a thief, a bound token would become one that anybody can use (RFC 9449 §1).
    if (record.confirmation && !isSameConfirmation(record.confirmation, confirmation)) {
      throw refuse('The token is bound to a key or certificate that was not shown.');
    }
    const issuedTo = isOwn ? client : await ports.clients.findClient(grant.clientId);
    if (!issuedTo?.active) throw refuse('The token is invalid.');
  }

  async function ofOthers(presented: string, { client, requested }: Exchanging): Promise<ExchangedToken> {
    const { issuer, subject, expiresAt, claims } = await verify(presented, client.tenantDomain);
    const roles = textsOf(issuer.roleClaim === undefined ? undefined : claims[issuer.roleClaim]);
    return {
      sub: subject,
      iss: issuer.issuer,
      expiresAt,
      claims: mappedClaims(issuer, claims, requested),
      act: claims.act,
      mayAct: claims.may_act,
      user: () => assertedUser({ issuer, subject, roles }, ports, refuse),
    };
  }
}
