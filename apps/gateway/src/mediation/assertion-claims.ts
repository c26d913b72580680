import type { Exchange } from '../pipeline/exchange.js';
import type { TokenFacts } from '../pipeline/ports.js';

export interface ClaimSettings {
  readonly dialect: string;
  readonly excludedClaims: readonly string[];
}

type Claims = Record<string, unknown>;

/** WSO2's number of the tenant every server starts with; others have no number here. */
const superTenantId = '-1234';

/** What a backend is told about a call: the caller's own claims first, so that they can never pass for the gateway's. */
export function assertionClaims(exchange: Exchange, token: TokenFacts, settings: ClaimSettings): Claims {
  const prefix = settings.dialect === '' ? '' : `${settings.dialect.replace(/\/$/, '')}/`;
  const own = Object.entries(gatewayClaims(exchange, token)).map(([name, value]) => [prefix + name, value] as const);
  const ofUser = Object.entries(token.userClaims ?? {}).map(([name, value]) => [prefix + name, value] as const);
  const claims: Claims = { ...token.foreign?.claims, ...Object.fromEntries(ofUser), ...Object.fromEntries(own) };
  for (const name of settings.excludedClaims) {
    delete claims[name];
    delete claims[prefix + name];
  }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

function gatewayClaims({ api, application, subscription, keyType }: Exchange, token: TokenFacts): Claims {
  const endUser = token.user === '' ? application?.owner : token.user;
  return {
    subscriber: application && displayName(application.owner),
    applicationid: application?.id,
    applicationUUId: application?.id,
    applicationname: application?.name,
    applicationtier: application?.throttlingTier,
    applicationAttributes: application?.attributes ?? {},
    apiname: api.name,
    apicontext: api.context,
    version: api.version,
    tier: subscription?.throttlingTier,
    keytype: keyType,
    usertype: token.user === '' ? 'APPLICATION' : 'APPLICATION_USER',
    enduser: endUser,
    enduserTenantId: (endUser ?? '').endsWith('@carbon.super') ? superTenantId : undefined,
  };
}

/** WSO2 shows users of the tenant that every server starts with without it. */
function displayName(user: string): string {
  return user.replace(/@carbon\.super$/, '');
}
