import { type Api, AuthType, type Cors, type Resource } from '@keygate/proto/keymanager/v1/catalog';
import type { DeployedApi } from '../storage/feeds.js';
import type { ApiOperation, CorsConfiguration } from './api.js';
import { catalogEndpoint } from './catalog-endpoint.js';
import { catalogLimits } from './catalog-limits.js';
import { apiMediation, operationMediation } from './catalog-mediation.js';
import { catalogSecurity, trusting } from './catalog-security.js';
import { defaultContext, effectiveContext } from './context.js';
import type { GatewaySecrets } from './gateway-secrets.js';

/** What a gateway needs of a deployed API: the fields of the revision, the lifecycle state and default flag of today. */
export function toCatalogApi({ api, revision, certificates }: DeployedApi, secrets: GatewaySecrets): Api {
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
    productionEndpoint: trusting(catalogEndpoint(body.endpointConfig, 'production', api.id, secrets), certificates),
    sandboxEndpoint: trusting(catalogEndpoint(body.endpointConfig, 'sandbox', api.id, secrets), certificates),
    cors: cors(body.corsConfiguration),
    authorizationHeader: body.authorizationHeader ?? '',
    subscriptionRequired: !isSubscriptionless(body.policies),
    revisionId: revision.id,
    security: catalogSecurity(body, certificates),
    limits: catalogLimits(body),
    mediation: apiMediation(api, body),
    type: typeof body.type === 'string' ? body.type : undefined,
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
    mediation: operationMediation(operation),
  };
}

const authTypes: Readonly<Record<string, AuthType>> = {
  None: AuthType.AUTH_TYPE_NONE,
  Application: AuthType.AUTH_TYPE_APPLICATION,
  'Application User': AuthType.AUTH_TYPE_APPLICATION_USER,
  'Application & Application User': AuthType.AUTH_TYPE_ANY,
};

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
