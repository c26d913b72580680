import { randomUUID } from 'node:crypto';
import type { Clock } from '../oauth2/ports.js';
import type { PolicyStore } from '../policies/policy-store.js';
import { type DefaultTierPorts, defaultTier, requireTier } from '../policies/tiers.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import { isUuid } from '../uuid.js';
import type { Application } from './application.js';
import type { ApplicationStore } from './application-store.js';

/** Whoever acts: the owner of what is made, and whose things may be touched. */
export interface Actor {
  readonly subject: string;
  readonly tenantDomain: string;
}

export interface ApplicationPorts extends DefaultTierPorts {
  readonly applications: ApplicationStore;
  readonly policies: PolicyStore;
  readonly clock: Clock;
}

export type ApplicationFacts = Pick<
  Application,
  'name' | 'throttlingPolicy' | 'description' | 'tokenType' | 'attributes' | 'visibility'
>;

export const defaultApplicationName = 'DefaultApplication';
const mostPerOwner = 1_000;

export async function createApplication(
  ports: ApplicationPorts,
  actor: Actor,
  facts: ApplicationFacts,
): Promise<Application> {
  await requireTier(ports.policies, actor.tenantDomain, 'application', facts.throttlingPolicy);
  if (facts.name !== defaultApplicationName) await ensureDefaultApplication(ports, actor);
  // Every gateway holds every application in memory.
  if ((await countApplications(ports, actor)) >= mostPerOwner) {
    throw new Refusal('forbidden', `A user has ${mostPerOwner} applications at most`);
  }
  return save(ports, actor, facts);
}

/** WSO2: a user's first use of the developer portal makes `DefaultApplication`. */
export async function ensureDefaultApplication(ports: ApplicationPorts, actor: Actor): Promise<void> {
  if ((await countApplications(ports, actor)) > 0) return;
  try {
    await save(ports, actor, {
      name: defaultApplicationName,
      throttlingPolicy: await defaultTier(ports, actor.tenantDomain, 'application'),
      description: 'This is the default application',
      tokenType: 'OAUTH',
      attributes: {},
      visibility: 'PRIVATE',
    });
  } catch (error) {
    // Another request of the same user was first.
    if (!(error instanceof Refusal && error.reason === 'application_exists')) throw error;
  }
}

async function countApplications(ports: ApplicationPorts, { tenantDomain, subject: owner }: Actor): Promise<number> {
  return (await ports.applications.listApplications({ tenantDomain, owner, offset: 0, limit: 1 })).total;
}

/** The application, if it is the actor's own: 403 for somebody else's, 404 for another tenant's. */
export async function ownApplication(
  applications: Pick<ApplicationStore, 'findApplication'>,
  actor: Actor,
  id: string,
): Promise<Application> {
  const application = isUuid(id) ? await applications.findApplication(id) : undefined;
  if (application?.tenantDomain !== actor.tenantDomain) {
    throw new Refusal('application_not_found', `Application with Id '${id}' not found`);
  }
  if (application.owner !== actor.subject) {
    throw new Refusal('forbidden', 'You do not have permission to access this application');
  }
  return application;
}

export async function updateApplication(
  ports: ApplicationPorts,
  actor: Actor,
  id: string,
  facts: ApplicationFacts,
): Promise<Application> {
  await ownApplication(ports.applications, actor, id);
  await requireTier(ports.policies, actor.tenantDomain, 'application', facts.throttlingPolicy);
  return orNameTaken(facts.name, () => ports.applications.updateApplication(id, facts));
}

async function save(ports: ApplicationPorts, actor: Actor, facts: ApplicationFacts): Promise<Application> {
  const now = ports.clock.now();
  const application: Application = {
    ...facts,
    id: randomUUID(),
    tenantDomain: actor.tenantDomain,
    owner: actor.subject,
    groups: [],
    status: 'APPROVED',
    createdAt: now,
    updatedAt: now,
  };
  await orNameTaken(facts.name, () => ports.applications.createApplication(application));
  return application;
}

async function orNameTaken<T>(name: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('application_exists', `An application already exists with name ${name}`);
  }
}
