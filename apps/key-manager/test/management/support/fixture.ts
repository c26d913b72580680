import { randomUUID } from 'node:crypto';
import type { ApiBody } from '../../../src/apis/api.js';
import { builtInPolicies } from '../../../src/apis/operation-policies/built-in-policies.js';
import type { ApiKey } from '../../../src/applications/api-key.js';
import { newApi } from '../../../src/management/publisher/api-schema.js';
import { toBody } from '../../../src/management/publisher/api-view.js';
import { sha256 } from '../../../src/oauth2/token-hash.js';
import type { Storage } from '../../../src/storage/storage.js';
import { plantPolicies } from './policy-fixture.js';
import { samplePem } from './upload.js';

/** In the name of everything that belongs to somebody else, so that an answer that shows it is found. */
export const marker = 'vaultmarker';

/** Ids by the names that paths have for them, and the secret of the consumer key. */
export type Fixture = Readonly<
  Record<
    | 'applicationId'
    | 'keyMappingId'
    | 'apiId'
    | 'subscriptionId'
    | 'scopeId'
    | 'revisionId'
    | 'deployedRevisionId'
    | 'roleId'
    | 'userId'
    | 'identityProviderId'
    | 'clientSecret'
    | 'secretId'
    | 'operationPolicyId'
    | 'apiKeyId'
    | 'alias'
    | 'keyManagerId'
    | 'keyManagerName'
    | 'conditionId'
    | 'applicationPolicyId'
    | 'applicationPolicyName'
    | 'subscriptionPolicyId'
    | 'advancedPolicyId'
    | 'customPolicyId',
    string
  >
>;

/** One of each thing in the super tenant, owned by `owner`, hidden from everyone without the role `vault`. */
export async function plant(storage: Storage, owner: string): Promise<Fixture> {
  const unique = randomUUID();
  const named = (what: string) => `${marker}-${what}-${unique}`;
  const tenantDomain = 'carbon.super';
  const now = Date.now();
  const ids = {
    applicationId: randomUUID(),
    keyMappingId: randomUUID(),
    apiId: randomUUID(),
    subscriptionId: randomUUID(),
    scopeId: randomUUID(),
    identityProviderId: randomUUID(),
    apiKeyId: randomUUID(),
    alias: `cert-${unique}`,
    keyManagerId: randomUUID(),
    keyManagerName: named('km'),
  };
  await storage.identityProviders.createProvider({
    ...{ id: ids.identityProviderId, tenantDomain, name: named('idp'), issuer: named('issuer'), description: '' },
    ...{ audiences: [], roleMapping: [], claimMapping: [], useLocalUser: false, enabled: true, createdAt: now },
    jwksUri: 'https://idp.example.com/jwks',
  });
  await storage.keyManagers.createKeyManager({
    ...{ id: ids.keyManagerId, tenantDomain, name: ids.keyManagerName, type: 'default', issuer: named('issuer') },
    ...{ enabled: true, tokenType: 'DIRECT', createdAt: now },
    body: { permissions: { permissionType: 'ALLOW', roles: ['vault'] } },
  });
  await storage.applications.createApplication({
    id: ids.applicationId,
    tenantDomain,
    owner,
    name: named('application'),
    throttlingPolicy: 'Unlimited',
    description: '',
    tokenType: 'OAUTH',
    groups: [],
    attributes: {},
    visibility: 'PRIVATE',
    status: 'APPROVED',
    createdAt: now,
    updatedAt: now,
  });
  await plantApiKey(storage, {
    id: ids.apiKeyId,
    tenantDomain,
    owner,
    applicationId: ids.applicationId,
    issuedAt: now,
  });
  const clientId = named('client');
  const client = {
    clientId,
    tenantDomain,
    owner,
    name: clientId,
    applicationId: ids.applicationId,
    keyMappingId: ids.keyMappingId,
    keyType: 'PRODUCTION' as const,
    mode: 'CREATED' as const,
    grantTypes: ['client_credentials'],
    callbackUrl: '',
    confidential: true,
    active: true,
    allTenants: false,
    lifetimes: {},
    additionalProperties: {},
    metadata: {},
    createdAt: now,
  };
  const secret = { id: randomUUID(), hash: sha256(unique), derived: true, createdAt: now };
  await storage.clientRegistry.registerClient(client, secret);
  const policies = await plantPolicies(storage, named);
  const revisions = await plantApi(storage, owner, ids.apiId, named, unique);
  const certificate = { tenantDomain, alias: ids.alias, pem: samplePem, createdAt: now };
  await storage.certificates.addClientCertificate({ ...certificate, apiId: ids.apiId, tier: 'Unlimited' }, 1);
  await storage.certificates.addEndpointCertificate({ ...certificate, endpoint: 'https://backend.example.com' }, 1_000);
  await storage.subscriptions.createSubscription({
    id: ids.subscriptionId,
    tenantDomain,
    applicationId: ids.applicationId,
    apiId: ids.apiId,
    throttlingPolicy: 'Gold',
    requestedThrottlingPolicy: 'Gold',
    status: 'UNBLOCKED',
    createdAt: now,
  });
  await storage.sharedScopes.createScope({
    id: ids.scopeId,
    tenantDomain,
    name: named('scope'),
    displayName: '',
    description: '',
    bindings: [],
  });
  const role = await storage.users.createRole(tenantDomain, named('role'));
  const user = await storage.users.createUser({
    tenantDomain,
    domain: 'PRIMARY',
    username: named('user'),
    passwordHash: 'none',
    claims: {},
    roles: [],
  });
  return {
    ...ids,
    ...policies,
    ...revisions,
    roleId: role.id,
    userId: user.id,
    clientSecret: unique,
    secretId: secret.id,
    operationPolicyId: builtInPolicies('carbon.super')[0]?.id ?? '',
  };
}

async function plantApiKey(
  storage: Storage,
  facts: Pick<ApiKey, 'id' | 'tenantDomain' | 'owner' | 'applicationId' | 'issuedAt'>,
): Promise<void> {
  const key = { ...facts, keyType: 'PRODUCTION', name: marker, permittedIps: [], permittedReferers: [] } as const;
  await storage.apiKeys.addApiKey(key, sha256(key.id), 10);
}

async function plantApi(
  storage: Storage,
  provider: string,
  id: string,
  named: (what: string) => string,
  unique: string,
): Promise<{ revisionId: string; deployedRevisionId: string }> {
  const given = newApi.parse({
    name: marker + unique.slice(0, 8),
    version: '1.0.0',
    context: `/${named('api')}`,
    policies: ['Gold', 'Silver'],
    visibility: 'RESTRICTED',
    visibleRoles: ['vault'],
    accessControl: 'RESTRICTED',
    accessControlRoles: ['vault'],
  });
  const body: ApiBody = toBody(given);
  const operations = body.operations.map((operation) => ({ ...operation, throttlingPolicy: 'Unlimited' }));
  await storage.apis.createApi({
    id,
    tenantDomain: 'carbon.super',
    provider,
    name: given.name,
    version: given.version,
    context: given.context,
    lifeCycleStatus: 'CREATED',
    isDefaultVersion: false,
    body: { ...body, operations },
    createdAt: Date.now(),
    updatedAt: Date.now(),
  });
  await storage.apis.changeLifecycle(id, 'CREATED', 'PUBLISHED', provider);
  const deployed = await storage.apis.createRevision(id, '');
  await storage.apis.deploy({
    apiId: id,
    environment: 'Default',
    vhost: 'localhost',
    revisionId: deployed.id,
    displayOnDevportal: true,
    deployedAt: Date.now(),
  });
  return { revisionId: (await storage.apis.createRevision(id, '')).id, deployedRevisionId: deployed.id };
}
