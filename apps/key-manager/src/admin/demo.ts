import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isLoopback } from '@keygate/common/exposure';
import type { Api } from '../apis/api.js';
import type { Application } from '../applications/application.js';
import { system } from '../audit/author.js';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { sha256 } from '../oauth2/token-hash.js';
import { AlreadyExists } from '../storage/errors.js';
import type { Storage } from '../storage/storage.js';
import type { UserAccounts } from '../users/user-accounts.js';
import { fullUserName, primaryDomain, superTenant } from '../users/user-name.js';
import { demoApi, demoApiBody, demoRoles } from './demo-api.js';

export interface DemoOptions {
  /** Base URL of the sample backend. */
  readonly backendUrl: string;
}

/** What a newcomer types. */
export interface DemoFacts {
  readonly username: string;
  readonly password: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly api: {
    readonly context: string;
    readonly version: string;
    readonly readPath: string;
    readonly readScope: string;
    readonly updatePath: string;
    readonly updateMethod: string;
    readonly updateScope: string;
  };
}

/** Credentials that everybody knows must not be reachable by everybody. */
export class DemoOutsideLoopback extends Error {
  override readonly name = 'DemoOutsideLoopback';
}

const demoUser = { domain: primaryDomain, username: 'demo', tenantDomain: superTenant };
const owner = fullUserName(demoUser);

/** The consumer key and secret of the example in the WSO2 documentation, so that its curl command works as printed. */
export const demoFacts: DemoFacts = {
  username: 'demo',
  password: 'demo-password',
  consumerKey: 'wU62DjlyDBnq87GlBwplfqvmAbAa',
  consumerSecret: 'ksdSdoefDDP7wpaElfqvmjDue',
  api: {
    context: demoApi.context,
    version: demoApi.version,
    readPath: '/pets',
    readScope: 'read',
    updatePath: '/pets',
    updateMethod: 'POST',
    updateScope: 'update',
  },
};

interface Ports {
  readonly storage: Storage;
  readonly accounts: UserAccounts;
}

/**
 * The quickstart's user, application and API; what is there already stays, but the API follows the backend to a new
 * address. Throws `DemoOutsideLoopback` when other machines can reach the listeners.
 */
export async function seedDemo(config: KeyManagerConfig, ports: Ports, options: DemoOptions): Promise<DemoFacts> {
  const { bindAddress } = config.keyManager.listeners;
  if (!isLoopback(bindAddress)) {
    throw new DemoOutsideLoopback(
      `keyManager.listeners.bindAddress (KEY_MANAGER_BIND_ADDRESS): demo data needs a loopback address, not ${bindAddress}`,
    );
  }
  const { storage, accounts } = ports;
  await seedUser(storage, accounts);
  const api = await seedApi(storage, options.backendUrl);
  const application = await seedApplication(storage);
  await unlessThere(
    storage.subscriptions.createSubscription({
      id: randomUUID(),
      tenantDomain: superTenant,
      applicationId: application.id,
      apiId: api.id,
      throttlingPolicy: 'Unlimited',
      requestedThrottlingPolicy: 'Unlimited',
      status: 'UNBLOCKED',
      createdAt: Date.now(),
    }),
  );
  return demoFacts;
}

async function seedUser(storage: Storage, accounts: UserAccounts): Promise<void> {
  const roles = [demoRoles.reader, demoRoles.writer];
  for (const role of roles) await unlessThere(storage.users.createRole(superTenant, role));
  // Asked first: making a user costs a password hash.
  if (await storage.users.findUser(demoUser)) return;
  const all = [...roles, 'Internal/subscriber'];
  await unlessThere(accounts.create({ name: demoUser, password: demoFacts.password, roles: all }, system));
}

async function seedApi(storage: Storage, backendUrl: string): Promise<Api> {
  const body = demoApiBody(backendUrl);
  const now = Date.now();
  const { name, version, context } = demoApi;
  const found = (await storage.apis.findNamesakes(superTenant, { name, context })).find(
    (api) => api.version === version,
  );
  if (found && isDeepStrictEqual(found.body.endpointConfig, body.endpointConfig)) return found;
  if (found) {
    const moved = await storage.apis.updateApi(found.id, {
      body: { ...found.body, endpointConfig: body.endpointConfig },
    });
    await deploy(storage, found.id);
    return moved;
  }
  const api: Api = {
    ...demoApi,
    id: randomUUID(),
    tenantDomain: superTenant,
    provider: `admin@${superTenant}`,
    lifeCycleStatus: 'PUBLISHED',
    isDefaultVersion: true,
    body,
    createdAt: now,
    updatedAt: now,
  };
  await storage.apis.createApi(api);
  await deploy(storage, api.id);
  return api;
}

/** Deploys the API as it is now; revisions that are not deployed any more go, so that restarts do not pile them up. */
async function deploy(storage: Storage, apiId: string): Promise<void> {
  const revision = await storage.apis.createRevision(apiId, 'Made by the quickstart');
  await storage.apis.deploy({
    apiId,
    environment: 'Default',
    vhost: 'localhost',
    revisionId: revision.id,
    displayOnDevportal: true,
    deployedAt: Date.now(),
  });
  const deployed = new Set((await storage.apis.listDeployments(apiId)).map(({ revisionId }) => revisionId));
  for (const { id } of await storage.apis.listRevisions(apiId)) {
    if (!deployed.has(id)) await storage.apis.deleteRevision(id);
  }
}

async function seedApplication(storage: Storage): Promise<Application> {
  const name = 'DemoApplication';
  const page = { tenantDomain: superTenant, owner, query: name, offset: 0, limit: 100 };
  const { applications } = await storage.applications.listApplications(page);
  const application = applications.find((found) => found.name === name) ?? newApplication(name);
  if (!applications.includes(application)) await storage.applications.createApplication(application);
  const { consumerKey: clientId, consumerSecret } = demoFacts;
  if (await storage.clientRegistry.findRegistration(clientId)) return application;
  const registration = {
    clientId,
    tenantDomain: superTenant,
    owner,
    name: `demo_${name}_PRODUCTION`,
    applicationId: application.id,
    keyMappingId: randomUUID(),
    keyType: 'PRODUCTION' as const,
    mode: 'CREATED' as const,
    grantTypes: ['password', 'refresh_token', 'client_credentials'],
    callbackUrl: '',
    confidential: true,
    active: true,
    allTenants: false,
    lifetimes: {},
    additionalProperties: {},
    metadata: {},
    createdAt: Date.now(),
  };
  const secret = { id: randomUUID(), hash: sha256(consumerSecret), derived: false, createdAt: Date.now() };
  await unlessThere(storage.clientRegistry.registerClient(registration, secret));
  return application;
}

function newApplication(name: string): Application {
  const now = Date.now();
  return {
    id: randomUUID(),
    tenantDomain: superTenant,
    owner,
    name,
    throttlingPolicy: 'Unlimited',
    description: 'The application of the quickstart.',
    tokenType: 'OAUTH',
    groups: [],
    attributes: {},
    visibility: '',
    status: 'APPROVED',
    createdAt: now,
    updatedAt: now,
  };
}

async function unlessThere(making: Promise<unknown>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
  }
}
