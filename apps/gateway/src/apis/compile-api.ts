import { type Api, AuthType as ProtoAuthType, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import { compileApiLimits } from './compile-api-limits.js';
import { type CorsDefaults, compileCors, usualCors } from './compile-cors.js';
import { MediationCompiler } from './compile-mediation.js';
import { compileSecurity } from './compile-security.js';
import type { AuthType, CompiledApi, Lifecycle } from './compiled-catalog.js';
import { compileEndpoint } from './endpoint.js';
import { ResourceTrie } from './resource-trie.js';
import { asRequests } from './topics.js';

/** What the gateway is set to, where an API says nothing. */
export interface CompileSettings {
  /** Header of access tokens (WSO2: apim.oauth_config.auth_header). */
  readonly authorizationHeader: string;
  readonly cors: CorsDefaults;
}

export const usualSettings: CompileSettings = { authorizationHeader: 'Authorization', cors: usualCors };

/** Turns one API as it came from the key manager into the form requests need. */
export function compileApi(api: Api, settings: CompileSettings): CompiledApi {
  const problems: string[] = [];
  const mediations = new MediationCompiler(api.mediation, problems);
  const security = compileSecurity(api, problems);
  const authorizationHeader = api.authorizationHeader || settings.authorizationHeader;
  const credentialHeaders = [
    ...(authorizationHeader.toLowerCase() === 'authorization' ? [] : [authorizationHeader]),
    ...(security.takesApiKeys ? [api.security?.apiKeyHeader || 'ApiKey'] : []),
  ];
  return {
    id: api.id,
    name: api.name,
    version: api.version,
    tenantDomain: api.tenantDomain,
    context: api.effectiveContext,
    defaultContext: api.defaultContext || undefined,
    lifecycle: lifecycles.has(api.lifecycleStatus) ? (api.lifecycleStatus as Lifecycle) : 'UNKNOWN',
    isWebSocket: api.type === 'WS',
    isEventStream: api.type === 'SSE',
    offersHttp: api.transports.includes('http') || api.transports.includes('ws'),
    offersHttps: api.transports.includes('https') || api.transports.includes('wss'),
    authorizationHeader: authorizationHeader.toLowerCase(),
    security,
    subscriptionRequired: api.subscriptionRequired,
    production: compileEndpoint(api.productionEndpoint, problems, api),
    sandbox: compileEndpoint(api.sandboxEndpoint, problems, api),
    cors: compileCors(api, credentialHeaders, settings.cors),
    resources: compileResources(asRequests(api.type, api.resources), mediations, problems),
    mediation: mediations.api(),
    limits: compileApiLimits(api, problems),
    meters: undefined,
    problems: problems.map((problem) => `API ${api.name} ${api.version} (${api.id}): ${problem}`),
  };
}

const lifecycles = new Set(['CREATED', 'PROTOTYPED', 'PUBLISHED', 'DEPRECATED', 'BLOCKED']);

function compileResources(
  resources: readonly Resource[],
  mediations: MediationCompiler,
  problems: string[],
): ResourceTrie {
  const trie = new ResourceTrie();
  for (const resource of resources) {
    const { verb, target, authType, scopes, throttlingTier } = resource;
    const mediation = mediations.resource(resource);
    const added = trie.add({
      verb,
      target,
      authType: authTypeOf(authType),
      scopes,
      throttlingTier,
      mediation,
      meters: undefined,
    });
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
