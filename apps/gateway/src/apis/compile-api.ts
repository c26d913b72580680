import { type Api, AuthType as ProtoAuthType, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import type { AuthType, CompiledApi, CompiledCors, Lifecycle } from './compiled-catalog.js';
import { compileEndpoint } from './endpoint.js';
import { ResourceTrie } from './resource-trie.js';

/** Turns one API as it came from the key manager into the form requests need. */
export function compileApi(api: Api): CompiledApi {
  const problems: string[] = [];
  return {
    id: api.id,
    name: api.name,
    version: api.version,
    tenantDomain: api.tenantDomain,
    context: api.effectiveContext,
    defaultContext: api.defaultContext || undefined,
    lifecycle: lifecycles.has(api.lifecycleStatus) ? (api.lifecycleStatus as Lifecycle) : 'UNKNOWN',
    offersHttp: api.transports.includes('http'),
    offersHttps: api.transports.includes('https'),
    authorizationHeader: api.authorizationHeader.toLowerCase() || 'authorization',
    subscriptionRequired: api.subscriptionRequired,
    production: compileEndpoint(api.productionEndpoint, problems),
    sandbox: compileEndpoint(api.sandboxEndpoint, problems),
    cors: compileCors(api),
    resources: compileResources(api.resources, problems),
    problems: problems.map((problem) => `API ${api.name} ${api.version} (${api.id}): ${problem}`),
  };
}

const lifecycles = new Set(['CREATED', 'PROTOTYPED', 'PUBLISHED', 'DEPRECATED', 'BLOCKED']);

function compileResources(resources: readonly Resource[], problems: string[]): ResourceTrie {
  const trie = new ResourceTrie();
  for (const { verb, target, authType, scopes, throttlingTier } of resources) {
    const added = trie.add({ verb, target, authType: authTypeOf(authType), scopes, throttlingTier });
    if (!added) problems.push(`${verb} ${target} is declared twice; the first counts`);
  }
  return trie;
}

/** A kind this gateway does not know asks for a token of any kind: never for none. */
function authTypeOf(authType: ProtoAuthType): AuthType {
  switch (authType) {
    case ProtoAuthType.AUTH_TYPE_NONE:
      return 'None';
    case ProtoAuthType.AUTH_TYPE_APPLICATION:
      return 'Application';
    case ProtoAuthType.AUTH_TYPE_APPLICATION_USER:
      return 'Application_User';
    default:
      return 'Any';
  }
}

/** Without any CORS settings an API answers `*` and the verbs of the resource asked for. */
function compileCors({ cors, authorizationHeader }: Api): CompiledCors | undefined {
  if (cors?.enabled === false) return undefined;
  const allowOrigins = new Set(cors?.allowOrigins ?? []);
  const allowsAnyOrigin = cors === undefined || allowOrigins.has('*');
  return {
    allowOrigins,
    allowsAnyOrigin,
    // A wildcard with credentials would let every site act for the user; browsers refuse it too.
    allowCredentials: (cors?.allowCredentials ?? false) && !allowsAnyOrigin,
    allowHeaders: withHeader(cors?.allowHeaders ?? defaultAllowHeaders, authorizationHeader).join(', '),
    allowMethods: (cors?.allowMethods ?? []).join(', '),
  };
}

/** WSO2's default; without `authorization` no browser could send its token. */
const defaultAllowHeaders = ['authorization', 'Access-Control-Allow-Origin', 'Content-Type', 'SOAPAction'];

/** An API's own header for the token has to be allowed as well. */
function withHeader(allowHeaders: readonly string[], own: string): readonly string[] {
  const isKnown = own === '' || allowHeaders.some((name) => name.toLowerCase() === own.toLowerCase());
  return isKnown ? allowHeaders : [...allowHeaders, own];
}
