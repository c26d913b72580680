import { z } from 'zod';
import type { Api, LifeCycleStatus } from '../../apis/api.js';
import { apiNotFound } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import { defaultContext, effectiveContext } from '../../apis/context.js';
import { consumersDefinition } from '../../apis/definitions/consumers-definition.js';
import { definitionOf } from '../../apis/definitions/definition-of.js';
import type { GatewayEnvironment } from '../../apis/environments.js';
import { isStranger, isVisibleTo, type Viewer, visibilityRoles } from '../../apis/visibility.js';
import { Refusal } from '../../refusal.js';
import { displayUserName, superTenant } from '../../users/user-name.js';
import { isUuid } from '../../uuid.js';
import { anyone, type Caller } from '../rest/caller.js';
import { listAnswer, listOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';

export interface ApiRoutePorts {
  readonly apis: ApiStore;
  readonly environments: readonly GatewayEnvironment[];
}

const listed: readonly LifeCycleStatus[] = ['PUBLISHED', 'PROTOTYPED'];
const hidden: readonly LifeCycleStatus[] = ['CREATED', 'RETIRED'];

const apiEntry = z.looseObject({
  id: z.string(),
  name: z.string(),
  context: z.string(),
  version: z.string(),
  provider: z.string(),
  lifeCycleStatus: z.string(),
});

/** What an API consumer sees of APIs, logged in or not. */
export function apiRoutes({ apis, environments }: ApiRoutePorts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/apis',
      summary: 'APIs that can be subscribed to.',
      access: anyone,
      query: z.object({
        query: z.string().max(255).optional().describe('Part of the name, also as name:part.'),
        ...pageQuery,
      }),
      answer: listAnswer(apiEntry),
      async handle(caller, { query: { query, ...page }, header }) {
        const viewer = viewerOf(caller, header('x-wso2-tenant'));
        const roles = visibilityRoles(viewer);
        const found = await apis.listApis({
          tenantDomain: viewer.tenantDomain,
          statuses: listed,
          ...(query ? { query: query.replace(/^name:/, '') } : {}),
          ...(roles ? { visibleTo: roles, isStranger: isStranger(viewer) } : {}),
          ...page,
        });
        return listOf(found.apis.map(toEntry), found.total, page);
      },
    }),
    route({
      method: 'GET',
      path: '/apis/{apiId}',
      summary: 'One API, with where it can be called.',
      access: anyone,
      answer: apiEntry,
      async handle(caller, { parameters: { apiId }, header }) {
        const api = await visibleApi(apis, apiId, viewerOf(caller, header('x-wso2-tenant')));
        return { ...toEntry(api), ...toDetails(api), endpointURLs: await endpointUrls(apis, environments, api) };
      },
    }),
    route({
      method: 'GET',
      path: '/apis/{apiId}/swagger',
      summary: 'The OpenAPI document of an API, without what is between publisher and gateway.',
      access: anyone,
      answer: z.looseObject({}),
      async handle(caller, { parameters: { apiId }, header }) {
        const api = await visibleApi(apis, apiId, viewerOf(caller, header('x-wso2-tenant')));
        return consumersDefinition(definitionOf(api, api.body));
      },
    }),
  ];
}

async function visibleApi(apis: ApiStore, apiId: string, viewer: Viewer): Promise<Api> {
  const api = isUuid(apiId) ? await apis.findApi(apiId) : undefined;
  if (!api || !isVisibleTo(api, viewer)) throw apiNotFound(apiId);
  if (hidden.includes(api.lifeCycleStatus)) throw new Refusal('forbidden', 'The API is not published');
  return api;
}

/** Whose store is looked at; roles count in the caller's own tenant only. */
function viewerOf(caller: Caller | undefined, tenantHeader: string | undefined): Viewer {
  const tenantDomain = tenantHeader?.toLowerCase() || (caller?.tenantDomain ?? superTenant);
  return { tenantDomain, roles: caller?.tenantDomain === tenantDomain ? caller.roles : [] };
}

function toEntry(api: Api) {
  return {
    id: api.id,
    name: api.name,
    displayName: api.body.displayName ?? api.name,
    description: api.body.description,
    context: api.context,
    version: api.version,
    provider: displayUserName(api.provider),
    lifeCycleStatus: api.lifeCycleStatus,
    type: api.body.type,
    throttlingPolicies: api.body.policies,
    tags: api.body.tags,
    businessInformation: api.body.businessInformation,
    isSubscriptionAvailable: listed.includes(api.lifeCycleStatus),
  };
}

function toDetails(api: Api) {
  return {
    transport: api.body.transport,
    authorizationHeader: api.body.authorizationHeader ?? 'Authorization',
    apiKeyHeader: api.body.apiKeyHeader,
    securityScheme: api.body.securityScheme,
    tiers: api.body.policies.map((tierName) => ({ tierName, tierPlan: 'FREE' })),
    policies: api.body.policies,
    isDefaultVersion: api.isDefaultVersion,
    scopes: api.body.scopes.map(({ scope: { name, displayName, description, bindings } }) => ({
      key: name,
      name: displayName ?? name,
      description: description ?? '',
      roles: bindings,
    })),
    operations: api.body.operations.map(({ id, target, verb }) => ({ id, target, verb })),
    createdTime: new Date(api.createdAt).toISOString(),
    lastUpdatedTime: new Date(api.updatedAt).toISOString(),
  };
}

/** One entry for each environment that shows the API, with the ports that are in force. */
async function endpointUrls(apis: ApiStore, environments: readonly GatewayEnvironment[], api: Api) {
  const deployments = (await apis.listDeployments(api.id)).filter((deployment) => deployment.displayOnDevportal);
  return deployments.flatMap(({ environment: name, vhost: host }) => {
    const environment = environments.find((each) => each.name === name);
    const vhost = environment?.vhosts.find((each) => each.host === host);
    if (!environment || !vhost) return [];
    const urls = (context: string) => {
      const path = `${vhost.httpContext}${context}`;
      const isSocket = api.body.type === 'WS';
      const has = (transport: string) => !isSocket && api.body.transport.includes(transport);
      return {
        http: has('http') ? `http://${host}:${vhost.httpPort}${path}` : null,
        https: has('https') ? `https://${host}:${vhost.httpsPort}${path}` : null,
        ws: isSocket ? `ws://${host}:${vhost.wsPort}${path}` : null,
        wss: isSocket ? `wss://${host}:${vhost.wssPort}${path}` : null,
      };
    };
    return [
      {
        environmentName: name,
        environmentDisplayName: environment.displayName,
        environmentType: environment.type,
        URLs: urls(effectiveContext(api.context, api.version)),
        defaultVersionURLs: api.isDefaultVersion ? urls(defaultContext(api.context)) : null,
      },
    ];
  });
}
