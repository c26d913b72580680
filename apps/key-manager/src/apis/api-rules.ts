import { randomUUID } from 'node:crypto';
import type { Clock } from '../oauth2/ports.js';
import { subscriptionlessTier } from '../policies/default-policies.js';
import { type DefaultTierPorts, defaultTier, tierInvalid } from '../policies/tiers.js';
import { Refusal } from '../refusal.js';
import { AlreadyExists } from '../storage/errors.js';
import type { SubscriptionStore } from '../subscriptions/subscription-store.js';
import { isUuid } from '../uuid.js';
import type { Api, ApiBody } from './api.js';
import { settleScopes } from './api-scopes.js';
import type { ApiStore, SharedScopeStore } from './api-store.js';
import { tenantContext } from './context.js';
import type { Definition } from './definitions/definition.js';
import { requireBounded } from './definitions/validation-document.js';
import { sealSecrets } from './endpoint-secrets.js';
import { settlePolicies } from './operation-policies/attached-policies.js';
import type { OperationPolicyStore } from './operation-policies/operation-policy.js';
import type { SecretBox } from './secret-box.js';
import { isAccessibleTo, type Viewer } from './visibility.js';

export interface ApiPorts extends DefaultTierPorts {
  readonly apis: ApiStore;
  readonly sharedScopes: SharedScopeStore;
  readonly subscriptions: Pick<SubscriptionStore, 'listSubscriptions'>;
  readonly operationPolicies: OperationPolicyStore;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

export interface Publisher extends Viewer {
  readonly subject: string;
}

export type NewApi = Pick<Api, 'name' | 'version' | 'context' | 'isDefaultVersion' | 'body'>;

export async function createApi(ports: ApiPorts, publisher: Publisher, given: NewApi): Promise<Api> {
  const { tenantDomain } = publisher;
  const context = tenantContext(given.context, tenantDomain);
  await requireFreeNames(ports.apis, publisher, { ...given, context });
  const now = ports.clock.now();
  const id = randomUUID();
  const endpointConfig = sealSecrets(given.body.endpointConfig, undefined, ports.secretBox, id);
  const api: Api = {
    ...given,
    id,
    tenantDomain,
    provider: publisher.subject,
    context,
    lifeCycleStatus: 'CREATED',
    body: await settle(ports, tenantDomain, given.name, { ...given.body, endpointConfig }),
    createdAt: now,
    updatedAt: now,
  };
  requireBounded(api, api.body);
  try {
    await ports.apis.createApi(api);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw apiExists(api);
  }
  return api;
}

/** The API, if the publisher may work on it: 404 for another tenant's, 403 by access control. */
export async function accessibleApi(apis: Pick<ApiStore, 'findApi'>, publisher: Viewer, id: string): Promise<Api> {
  const api = isUuid(id) ? await apis.findApi(id) : undefined;
  if (api?.tenantDomain !== publisher.tenantDomain) throw apiNotFound(id);
  if (!isAccessibleTo(api, publisher)) throw accessRestricted();
  return api;
}

function accessRestricted(): Refusal {
  return new Refusal('api_access_restricted', 'User is not authorized to access the API');
}

export function apiNotFound(id: string): Refusal {
  return new Refusal('api_not_found', `Requested API with id '${id}' not found`);
}

/** Name, version, context and provider never change; WSO2 ignores other ones instead of refusing them. */
export async function updateApi(
  ports: ApiPorts,
  api: Api,
  change: {
    readonly isDefaultVersion: boolean;
    readonly body: ApiBody;
    readonly saysTiers: boolean;
    /** Takes the place of the one it had; absent: that stays. */
    readonly definition?: Definition;
  },
): Promise<Api> {
  const given: ApiBody = {
    ...change.body,
    endpointConfig: sealSecrets(change.body.endpointConfig, api.body.endpointConfig, ports.secretBox, api.id),
    // WSO2: taking every tier from an existing API makes it callable without a subscription. Only if it was said so.
    ...definitionAfter(api.body, change.definition),
    policies: change.saysTiers && change.body.policies.length === 0 ? [subscriptionlessTier] : change.body.policies,
  };
  const body = await settle(ports, api.tenantDomain, api.name, given, api.body);
  requireBounded(api, body);
  return ports.apis.updateApi(api.id, { body, isDefaultVersion: change.isDefaultVersion });
}

function definitionAfter({ apiDefinition }: ApiBody, changed: Definition | undefined): Partial<ApiBody> {
  const definition = changed ?? apiDefinition;
  return definition === undefined ? {} : { apiDefinition: definition };
}

export async function deleteApi(ports: ApiPorts, api: Api): Promise<void> {
  const { total } = await ports.subscriptions.listSubscriptions({ apiId: api.id, offset: 0, limit: 1 });
  if (total > 0) {
    throw new Refusal(
      'api_subscribed',
      `Cannot remove the API ${api.name}-${api.version} as active subscriptions exist`,
    );
  }
  await ports.apis.deleteApi(api.id);
}

async function requireFreeNames(
  apis: ApiStore,
  publisher: Publisher,
  { name, version, context }: Pick<Api, 'name' | 'version' | 'context'>,
): Promise<void> {
  const isSameName = (other: Api) => other.name.toLowerCase() === name.toLowerCase();
  const namesakes = await apis.findNamesakes(publisher.tenantDomain, { name, context });
  if (namesakes.some((other) => isSameName(other) && other.context !== context)) {
    throw new Refusal('api_context_differs', `An API with name ${name} already exists with a different context`);
  }
  if (namesakes.some((other) => isSameName(other) && other.version === version)) throw apiExists({ name, version });
  if (namesakes.some((other) => !isSameName(other))) {
    throw new Refusal('api_context_exists', `A duplicate API context already exists for ${context}`);
  }
  // A version decides over the scopes and the default version of the others: whoever may not work on those makes none.
  if (!namesakes.every((other) => isAccessibleTo(other, publisher))) throw accessRestricted();
}

function apiExists({ name, version }: Pick<Api, 'name' | 'version'>): Refusal {
  return new Refusal('api_exists', `A duplicate API already exists for ${name}-${version}`);
}

/** Tiers that exist, scopes that are the API's to define; the same whether it is made or changed. */
async function settle(
  ports: ApiPorts,
  tenantDomain: string,
  apiName: string,
  body: ApiBody,
  previous?: ApiBody,
): Promise<ApiBody> {
  const withPolicies = await settlePolicies(ports.operationPolicies, tenantDomain, body);
  const withScopes = await settleScopes(ports, tenantDomain, apiName, withPolicies);
  return settleTiers(ports, tenantDomain, withScopes, previous);
}

async function settleTiers(
  ports: DefaultTierPorts,
  tenantDomain: string,
  body: ApiBody,
  previous: ApiBody | undefined,
): Promise<ApiBody> {
  const { policies } = ports;
  const offered = new Set((await policies.listPolicies(tenantDomain, 'subscription')).map(({ name }) => name));
  // A tier that was deleted while the API had it is dropped; one that never was there is a mistake.
  const tiers = body.policies.filter((name) => offered.has(name) || !previous?.policies.includes(name));
  requireKnown(tiers, offered);
  const advanced = new Set((await policies.listPolicies(tenantDomain, 'advanced')).map(({ name }) => name));
  const { apiThrottlingPolicy } = body;
  if (typeof apiThrottlingPolicy === 'string' && apiThrottlingPolicy !== '')
    requireKnown([apiThrottlingPolicy], advanced);
  const unsaid = await defaultTier(ports, tenantDomain, 'advanced');
  const operations = body.operations.map((operation) => ({
    ...operation,
    throttlingPolicy: operation.throttlingPolicy || unsaid,
  }));
  requireKnown(
    operations.map(({ throttlingPolicy }) => throttlingPolicy),
    advanced,
  );
  return { ...body, operations, policies: tiers };
}

function requireKnown(names: readonly string[], known: ReadonlySet<string>): void {
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) throw tierInvalid(unknown);
}
