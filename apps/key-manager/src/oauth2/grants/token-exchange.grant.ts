import { z } from 'zod';
import { actClaim } from '../assertions/actor.js';
import { type ExchangedToken, exchangedTokens, type TokenKindName } from '../assertions/exchanged-token.js';
import { InvalidRequest, InvalidScope, UnauthorizedClient } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { InvalidTarget } from '../grant-errors.js';
import type { Client } from '../model.js';
import { vschars } from '../parameters.js';
import { parseScope, type ScopePolicy, type ScopeSubject } from '../scope.js';

const typePrefix = 'urn:ietf:params:oauth:token-type:';

const parameters = z.object({
  subject_token: vschars(16_384),
  subject_token_type: vschars(255),
  actor_token: vschars(16_384).optional(),
  actor_token_type: vschars(255).optional(),
  requested_token_type: vschars(255).optional(),
  audience: vschars(512).optional(),
  resource: vschars(2_048).optional(),
  scope: z.string().optional(),
});
type Parameters = z.output<typeof parameters>;

/** A token of a trusted issuer, or one of ours, for another token of the same user. RFC 8693. */
export function tokenExchangeGrant(ports: GrantPorts): Grant<Parameters> {
  const identityProviders = ports.exchangedIssuers ?? ports.identityProviders;
  const exchanged = exchangedTokens({ ...ports, identityProviders }, refuse);
  return {
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    parameters,
    async authorize(asked, client, { confirmation }) {
      // RFC 8693 §5: through a public client anybody could exchange a stolen token.
      if (!client.confidential) throw new UnauthorizedClient('A public client cannot use this grant type.');
      const requestedKind = requestedKindOf(asked);
      const audience = await targetsOf(asked, client, ports);
      const by = { client, confirmation, requested: parseScope(asked.scope) };
      const subjectToken = await exchanged(asked.subject_token, kindOf(asked.subject_token_type), by);
      const actorKind = actorKindOf(asked);
      const actor = actorKind && (await exchanged(asked.actor_token ?? '', actorKind, by));
      const act = actClaim(subjectToken, actor, refuse);
      const user = await subjectToken.user();
      const bearer = { tenantDomain: user.tenantDomain, roles: async () => user.roles };
      return {
        subject: user.subject,
        tenantDomain: user.tenantDomain,
        kind: 'APPLICATION_USER',
        scope: await scopeFor(ports.scopes, subjectToken, by.requested, bearer),
        restsOn: user.restsOn,
        // What was exchanged once can be exchanged again while it lives, and no longer.
        refreshable: false,
        atMostSeconds: secondsLeft(subjectToken, ports.clock.now()),
        details: {
          audience,
          claims: claimsOf({ ...subjectToken.claims, ...(act !== undefined && { act }) }),
          federation: user.federation,
        },
        issuedTokenType: typePrefix + requestedKind,
        accessTokenFormat: requestedKind === 'jwt' ? 'jwt' : undefined,
      };
    },
  };
}

/** RFC 8693 §2.2.2: `invalid_request` also for a token that is not good. */
function refuse(description: string): InvalidRequest {
  return new InvalidRequest(description);
}

function kindOf(type: string): TokenKindName {
  const kind = type.startsWith(typePrefix) ? type.slice(typePrefix.length) : '';
  if (kind === 'jwt' || kind === 'access_token' || kind === 'id_token') return kind;
  throw refuse('The type of a token is not supported.');
}

function requestedKindOf({ requested_token_type: type }: Parameters): 'jwt' | 'access_token' {
  const kind = type === undefined ? 'access_token' : kindOf(type);
  if (kind === 'id_token') throw refuse('The requested type of token is not supported.');
  return kind;
}

function actorKindOf({ actor_token: token, actor_token_type: type }: Parameters): TokenKindName | undefined {
  // RFC 8693 §2.1: the one is required with the other, and forbidden without it.
  if ((token === undefined) !== (type === undefined)) throw refuse('actor_token and actor_token_type belong together.');
  return type === undefined ? undefined : kindOf(type);
}

/**
 * RFC 8693 §2.1: names of other services, and absolute URIs. The new token is for them instead of the client. Only what is
 * known here (§2.2.2): a client could otherwise have a token signed for any service that trusts our keys.
 */
async function targetsOf(
  { audience, resource }: Parameters,
  { tenantDomain }: Client,
  { clients, settings }: GrantPorts,
): Promise<readonly string[] | undefined> {
  if (resource !== undefined && !isAbsoluteUri(resource)) throw new InvalidTarget('The resource is no absolute URI.');
  const targets = [audience, resource].filter((target) => target !== undefined);
  for (const target of targets) {
    if (settings.exchangeTargets.some((entry) => isListed(target, entry))) continue;
    const named = target === audience ? await clients.findClient(target) : undefined;
    if (!named?.active || named.tenantDomain !== tenantDomain) throw new InvalidTarget('The target is not known here.');
  }
  return targets.length > 0 ? targets : undefined;
}

const isListed = (target: string, entry: string): boolean =>
  entry.endsWith('*') ? target.startsWith(entry.slice(0, -1)) : target === entry;

function isAbsoluteUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && !text.includes('#') && URL.canParse(text);
}

/** Never more than a token of ours was good for, and of that what the user still may. */
async function scopeFor(
  policy: ScopePolicy,
  { scope }: ExchangedToken,
  requested: readonly string[],
  bearer: ScopeSubject,
): Promise<readonly string[]> {
  if (scope === undefined) return policy.grant(requested, bearer);
  if (!requested.every((name) => scope.includes(name))) {
    throw new InvalidScope('The scope exceeds that of the subject token.');
  }
  return policy.recheck(requested.length > 0 ? requested : scope, bearer);
}

function secondsLeft({ expiresAt }: ExchangedToken, now: number): number | undefined {
  return expiresAt === undefined ? undefined : Math.max(1, Math.floor((expiresAt - now) / 1_000));
}

const claimsOf = (claims: Readonly<Record<string, unknown>>) => (Object.keys(claims).length > 0 ? claims : undefined);
