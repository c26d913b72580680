import { Refusal } from '../refusal.js';
import { isUuid } from '../uuid.js';
import type { Api, Deployment, Revision } from './api.js';
import { requireOwnScopes } from './api-scopes.js';
import type { ApiStore } from './api-store.js';
import type { GatewayEnvironment } from './environments.js';

const maxRevisions = 5;

export async function createRevision(apis: ApiStore, api: Api, description: string): Promise<Revision> {
  if ((await apis.listRevisions(api.id)).length >= maxRevisions) {
    throw new Refusal(
      'revision_limit',
      'Maximum number of revisions per API has reached. Need to remove one of the revisions before creating a new one',
    );
  }
  return apis.createRevision(api.id, description);
}

export async function findRevision(apis: ApiStore, api: Api, revisionId: string): Promise<Revision> {
  const revision = isUuid(revisionId) ? await apis.findRevision(revisionId) : undefined;
  // A revision of another API counts as none, whoever owns that.
  if (revision?.apiId !== api.id) {
    throw new Refusal('revision_not_found', `Requested API Revision with id ${revisionId} not found`);
  }
  return revision;
}

export interface DeploymentRequest {
  readonly name: string;
  readonly vhost?: string | null | undefined;
  readonly displayOnDevportal: boolean;
}

/** Puts the revision on each environment, where it takes the place of what ran there. */
export async function deployRevision(
  apis: ApiStore,
  environments: readonly GatewayEnvironment[],
  { api, revision }: { readonly api: Api; readonly revision: Revision },
  requests: readonly DeploymentRequest[],
  now: number,
): Promise<Deployment[]> {
  // All are checked before any is deployed.
  await requireOwnScopes(apis, api, revision.body);
  const deployments = requests.map(({ name, vhost, displayOnDevportal }) => ({
    apiId: revision.apiId,
    environment: name,
    vhost: vhostOf(environmentOf(environments, name), vhost),
    revisionId: revision.id,
    displayOnDevportal,
    deployedAt: now,
  }));
  for (const deployment of deployments) await apis.deploy(deployment);
  return deployments;
}

/** Takes the revision off those environments on which it runs. */
export async function undeployRevision(
  apis: ApiStore,
  environments: readonly GatewayEnvironment[],
  revision: Revision,
  requests: readonly Pick<DeploymentRequest, 'name'>[],
): Promise<Deployment[]> {
  for (const { name } of requests) environmentOf(environments, name);
  const named = new Set(requests.map(({ name }) => name));
  const deployed = (await apis.listDeployments(revision.apiId)).filter(
    ({ environment, revisionId }) => revisionId === revision.id && named.has(environment),
  );
  for (const { environment } of deployed) await apis.undeploy(revision.apiId, environment);
  return deployed;
}

export async function deleteRevision(apis: ApiStore, revision: Revision): Promise<void> {
  const deployments = await apis.listDeployments(revision.apiId);
  if (deployments.some(({ revisionId }) => revisionId === revision.id)) {
    throw new Refusal(
      'revision_deployed',
      "Couldn't delete API revision since API revision is currently deployed to a gateway. You need to undeploy the " +
        `API Revision from the gateway before attempting deleting API Revision: ${revision.id}`,
    );
  }
  await apis.deleteRevision(revision.id);
}

function environmentOf(environments: readonly GatewayEnvironment[], name: string): GatewayEnvironment {
  const found = environments.find((environment) => environment.name === name);
  // WSO2's wording, doubled as it is there.
  if (!found) throw new Refusal('environment_unknown', `Gateway Environment with name 'name '${name}'' not found`);
  return found;
}

function vhostOf(environment: GatewayEnvironment, wanted: string | null | undefined): string {
  const hosts = environment.vhosts.map(({ host }) => host);
  const vhost = wanted ?? hosts[0];
  if (vhost === undefined || !hosts.includes(vhost)) {
    throw new Refusal('invalid', `The vhost '${vhost}' is not one of environment '${environment.name}'`);
  }
  return vhost;
}
