import { type Api, AuthType, type Cors, type Endpoint, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import type { DeployedApi } from '../storage/feeds.js';
import type { ApiOperation, CorsConfiguration, EndpointConfig, EndpointEntry } from './api.js';
import { catalogLimits } from './catalog-limits.js';
import { defaultContext, effectiveContext } from './context.js';

/** What a gateway needs of a deployed API: the fields of the revision, the lifecycle state and default flag of today. */
export function toCatalogApi({ api, revision }: DeployedApi): Api {
  const { body } = revision;
  return {
    id: api.id,
    name: api.name,
    version: api.version,
    provider: api.provider,
    tenantDomain: api.tenantDomain,
    effectiveContext: effectiveContext(api.context, api.version),
    defaultContext: api.isDefaultVersion ? defaultContext(api.context) : undefined,
    lifecycleStatus: api.lifeCycleStatus,
    transports: [...body.transport],
    resources: body.operations.map(resource),
    productionEndpoint: endpoint(body.endpointConfig, 'production_endpoints'),
    sandboxEndpoint: endpoint(body.endpointConfig, 'sandbox_endpoints'),
    cors: cors(body.corsConfiguration),
    authorizationHeader: body.authorizationHeader ?? '',
    subscriptionRequired: !isSubscriptionless(body.policies),
    revisionId: revision.id,
    limits: catalogLimits(body),
  };
}

const subscriptionless: ReadonlySet<string> = new Set(['DefaultSubscriptionless', 'AsyncDefaultSubscriptionless']);

/** WSO2: an API with only these tiers is called without a subscription; one without any tier stays closed. */
function isSubscriptionless(tiers: readonly string[]): boolean {
  return tiers.length > 0 && tiers.every((tier) => subscriptionless.has(tier));
}

function resource(operation: ApiOperation): Resource {
  return {
    verb: operation.verb.toUpperCase(),
    target: operation.target,
    authType: authTypes[operation.authType] ?? AuthType.AUTH_TYPE_ANY,
    scopes: [...operation.scopes],
    throttlingTier: operation.throttlingPolicy,
  };
}

const authTypes: Readonly<Record<string, AuthType>> = {
  None: AuthType.AUTH_TYPE_NONE,
  Application: AuthType.AUTH_TYPE_APPLICATION,
  'Application User': AuthType.AUTH_TYPE_APPLICATION_USER,
  'Application & Application User': AuthType.AUTH_TYPE_ANY,
};

function endpoint(config: EndpointConfig | null | undefined, member: EndpointMember): Endpoint | undefined {
  const declared = config?.[member];
  const entries: readonly EndpointEntry[] = Array.isArray(declared) ? declared : declared ? [declared] : [];
  const urls = entries.flatMap(({ url }) => (url ? [url] : []));
  return urls.length === 0 ? undefined : { urls, timeoutMillis: timeoutMillis(entries[0]), trustedCertificates: [] };
}

type EndpointMember = 'production_endpoints' | 'sandbox_endpoints';

/** WSO2: `config.actionDuration`, milliseconds as a string; 0 leaves it to the gateway's setting. */
function timeoutMillis(entry: EndpointEntry | undefined): number {
  const config = entry?.config;
  const duration = typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  const millis = Number(duration.actionDuration ?? 0);
  return Number.isSafeInteger(millis) && millis > 0 && millis <= maxTimeoutMillis ? millis : 0;
}

const maxTimeoutMillis = 3_600_000;

function cors(configuration: CorsConfiguration | null | undefined): Cors | undefined {
  return configuration
    ? {
        enabled: configuration.corsConfigurationEnabled,
        allowOrigins: [...configuration.accessControlAllowOrigins],
        allowCredentials: configuration.accessControlAllowCredentials,
        allowHeaders: [...configuration.accessControlAllowHeaders],
        allowMethods: [...configuration.accessControlAllowMethods],
      }
    : undefined;
}
