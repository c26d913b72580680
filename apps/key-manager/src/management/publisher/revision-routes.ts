import { z } from 'zod';
import type { Api, Deployment, Revision } from '../../apis/api.js';
import { accessibleApi } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import type { GatewayEnvironment } from '../../apis/environments.js';
import {
  createRevision,
  deleteRevision,
  deployRevision,
  findRevision,
  undeployRevision,
} from '../../apis/revisions.js';
import type { Clock } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';
import { apiAnswer } from './api-schema.js';
import { toApiObject } from './api-view.js';

export interface RevisionRoutePorts {
  readonly apis: ApiStore;
  readonly environments: readonly GatewayEnvironment[];
  /** How many gateways of an environment follow the catalogue now. */
  readonly liveGateways: (environment: string) => number;
  readonly clock: Clock;
}

const changing = token('api_create', 'api_publish', 'api_manage');
const byRevision = z.object({ revisionId: z.string().min(1).max(64) });

const deploymentRequests = z
  .array(
    z.object({
      name: z.string().min(1).max(255),
      vhost: z.string().max(255).nullish(),
      displayOnDevportal: z.boolean().default(true),
    }),
  )
  .max(50);

const deploymentAnswer = z.object({
  revisionUuid: z.string(),
  name: z.string(),
  vhost: z.string(),
  displayOnDevportal: z.boolean(),
  deployedTime: z.string(),
  successDeployedTime: z.string(),
  status: z.string(),
  liveGatewayCount: z.int(),
  deployedGatewayCount: z.int(),
  failedGatewayCount: z.int(),
});

const revisionAnswer = z.object({
  id: z.string(),
  displayName: z.string(),
  description: z.string(),
  createdTime: z.string(),
  apiInfo: z.object({ id: z.string() }),
  deploymentInfo: z.array(deploymentAnswer),
});

export function revisionRoutes(ports: RevisionRoutePorts): Route[] {
  const { apis } = ports;
  return [
    route({
      method: 'GET',
      path: '/apis/{apiId}/revisions',
      summary: 'The revisions of an API.',
      access: token('api_view', 'api_create', 'api_publish', 'api_manage'),
      query: z.object({ query: z.enum(['deployed:true', 'deployed:false']).optional() }),
      answer: z.object({ count: z.int(), list: z.array(revisionAnswer) }),
      async handle(caller, { parameters, query }) {
        const api = await accessibleApi(apis, caller, parameters.apiId);
        const deployments = await apis.listDeployments(api.id);
        const all = (await apis.listRevisions(api.id)).map((revision) => toRevision(ports, revision, deployments));
        const list = query.query
          ? all.filter(({ deploymentInfo }) => deploymentInfo.length > 0 === (query.query === 'deployed:true'))
          : all;
        return { count: list.length, list };
      },
    }),
    route({
      method: 'POST',
      path: '/apis/{apiId}/revisions',
      summary: 'Freezes the API as it is now.',
      access: changing,
      body: z.object({ description: z.string().max(255).nullish() }).optional(),
      status: 201,
      answer: revisionAnswer,
      audit: audited('api_revision.created', 'answer.id', { api: 'path.apiId' }),
      async handle(caller, { parameters, body }) {
        const api = await forNewRevision(apis, caller, parameters.apiId);
        return toRevision(ports, await createRevision(apis, api, body?.description ?? ''), []);
      },
    }),
    route({
      method: 'DELETE',
      path: '/apis/{apiId}/revisions/{revisionId}',
      summary: 'Deletes a revision that is not deployed.',
      access: changing,
      audit: audited('api_revision.deleted', 'path.revisionId', { api: 'path.apiId' }),
      async handle(caller, { parameters }) {
        const api = await accessibleApi(apis, caller, parameters.apiId);
        await deleteRevision(apis, await findRevision(apis, api, parameters.revisionId));
      },
    }),
    ...deploymentRoutes(ports),
  ];
}

function deploymentRoutes(ports: RevisionRoutePorts): Route[] {
  const { apis, environments } = ports;
  const of = async (caller: Caller, apiId: string, revisionId: string): Promise<[Api, Revision]> => {
    const api = await accessibleApi(apis, caller, apiId);
    return [api, await findRevision(apis, api, revisionId)];
  };
  const shared = { method: 'POST', access: changing, query: byRevision, status: 201 } as const;
  return [
    route({
      ...shared,
      path: '/apis/{apiId}/deploy-revision',
      summary: 'Deploys a revision to gateway environments.',
      audit: audited('api_revision.deployed', 'query.revisionId', { api: 'path.apiId' }),
      body: deploymentRequests,
      answer: z.array(deploymentAnswer),
      async handle(caller, { parameters, query, body }) {
        const [api, revision] = await of(caller, parameters.apiId, query.revisionId);
        const deployed = await deployRevision(apis, environments, { api, revision }, body, ports.clock.now());
        return deployed.map((deployment) => toDeployment(ports, deployment));
      },
    }),
    route({
      ...shared,
      path: '/apis/{apiId}/undeploy-revision',
      summary: 'Takes a revision off gateway environments.',
      audit: audited('api_revision.undeployed', 'query.revisionId', { api: 'path.apiId' }),
      body: deploymentRequests,
      answer: z.array(deploymentAnswer),
      async handle(caller, { parameters, query, body }) {
        const [, revision] = await of(caller, parameters.apiId, query.revisionId);
        const taken = await undeployRevision(apis, environments, revision, body);
        return taken.map((deployment) => toDeployment(ports, deployment));
      },
    }),
    route({
      ...shared,
      path: '/apis/{apiId}/restore-revision',
      summary: 'Sets the API back to a revision.',
      audit: audited('api_revision.restored', 'query.revisionId', { api: 'path.apiId' }),
      answer: apiAnswer,
      async handle(caller, { parameters, query }) {
        const [api, revision] = await of(caller, parameters.apiId, query.revisionId);
        return toApiObject(await apis.updateApi(api.id, { body: revision.body }));
      },
    }),
  ];
}

/** WSO2 answers 500 here, and only here, when there is no such API. */
async function forNewRevision(apis: ApiStore, caller: Caller, apiId: string): Promise<Api> {
  try {
    return await accessibleApi(apis, caller, apiId);
  } catch (error) {
    if (!(error instanceof Refusal && error.reason === 'api_not_found')) throw error;
    throw new Refusal('revision_api_unknown', `Error while adding new API Revision for API : ${apiId}`);
  }
}

function toRevision(ports: RevisionRoutePorts, revision: Revision, deployments: readonly Deployment[]) {
  return {
    id: revision.id,
    displayName: `Revision ${revision.number}`,
    description: revision.description,
    createdTime: new Date(revision.createdAt).toISOString(),
    apiInfo: { id: revision.apiId },
    deploymentInfo: deployments
      .filter(({ revisionId }) => revisionId === revision.id)
      .map((deployment) => toDeployment(ports, deployment)),
  };
}

function toDeployment(ports: RevisionRoutePorts, deployment: Deployment): z.output<typeof deploymentAnswer> {
  const { revisionId, environment, vhost, displayOnDevportal, deployedAt } = deployment;
  const time = new Date(deployedAt).toISOString();
  const live = ports.liveGateways(environment);
  return {
    revisionUuid: revisionId,
    name: environment,
    vhost,
    displayOnDevportal,
    deployedTime: time,
    successDeployedTime: time,
    status: 'APPROVED',
    liveGatewayCount: live,
    // Every gateway that follows the catalogue has it: they do not pick what they take.
    deployedGatewayCount: live,
    failedGatewayCount: 0,
  };
}
