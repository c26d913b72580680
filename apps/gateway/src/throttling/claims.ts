import type { Exchange } from '../pipeline/exchange.js';

const dialect = 'http://wso2.org/claims/';

/**
 * What conditions of policies know of a caller, under the names of token claims (RFC 9068 section 2.2) and of WSO2's
 * dialect. A foreign token's own claims come first, under their local names.
 */
export function claimOf(exchange: Exchange, name: string): string | undefined {
  const { token } = exchange;
  if (token === undefined) return undefined;
  const foreign = token.foreign?.claims;
  if (foreign !== undefined && Object.hasOwn(foreign, name)) return asText(foreign[name]);
  return known(exchange, name.startsWith(dialect) ? name.slice(dialect.length) : name);
}

function known({ token, application, subscription, api, keyType }: Exchange, name: string): string | undefined {
  switch (name) {
    case 'sub':
    case 'enduser':
      return token?.user || application?.owner || undefined;
    case 'client_id':
    case 'azp':
      return token?.clientId || undefined;
    case 'scope':
      return token?.scopes.join(' ');
    case 'aud':
      return asText(token?.audience);
    case 'subscriber':
      return application?.owner;
    case 'applicationid':
    case 'applicationUUId':
      return application?.id;
    case 'applicationname':
      return application?.name;
    case 'applicationtier':
      return application?.throttlingTier;
    case 'tier':
      return subscription?.throttlingTier;
    case 'apiname':
      return api.name;
    case 'apicontext':
      return api.context;
    case 'version':
      return api.version;
    case 'keytype':
      return keyType;
    case 'usertype':
      return token?.kind;
    default:
      return undefined;
  }
}

/** Lists are compared as WSO2 writes them: their members with commas between. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? value.join(',') : undefined;
}
