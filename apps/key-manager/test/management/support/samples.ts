import { randomUUID } from 'node:crypto';
import { certificateSamples } from './certificate-samples.js';
import { definitionSamples } from './definition-samples.js';
import type { Fixture } from './fixture.js';
import { policySamples } from './policy-samples.js';
import type { Call, World } from './world.js';

export interface Sample {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
  /** The subscription of the fixture would be in the way. */
  readonly withoutSubscription?: boolean;
}

const application = { name: 'changed', throttlingPolicy: '10PerMin' };
const environments = [{ name: 'Default' }];
const provider = { certificates: { type: 'JWKS', value: 'https://idp.example.com/jwks' } };
const patch = (path: string, value: unknown) => ({ Operations: [{ op: 'add', path, value }] });

/** A request that would succeed for whoever may make it, on the fixture's objects; routes without need are left out. */
const samples: Readonly<Record<string, (fixture: Fixture) => Sample>> = {
  ...Object.fromEntries(
    ['v0.14', 'v0.15', 'v0.16', 'v0.17'].map((version) => [
      `POST /client-registration/${version}/register`,
      () => ({ body: { clientName: 'matrix', grantType: 'password' } }),
    ]),
  ),
  'POST /api/am/devportal/v3/applications': ({ applicationId }) => ({
    body: { ...application, name: `of ${applicationId}` },
  }),
  'PUT /api/am/devportal/v3/applications/{applicationId}': () => ({ body: application }),
  'POST /api/am/devportal/v3/applications/{applicationId}/generate-keys': () => ({
    body: { keyType: 'SANDBOX', grantTypesToBeSupported: ['password'] },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/map-keys': () => ({
    body: { keyType: 'SANDBOX', consumerKey: `mapped-${randomUUID()}`, consumerSecret: 'long enough for a secret' },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/oauth-keys/{keyMappingId}/revoke-secret': ({ secretId }) => ({
    body: { secretId },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/api-keys/{keyType}/generate': () => ({
    parameters: { keyType: 'SANDBOX' },
    body: { keyName: 'till', validityPeriod: 60 },
  }),
  'GET /api/am/devportal/v3/applications/{applicationId}/api-keys/{keyType}': () => ({
    parameters: { keyType: 'PRODUCTION' },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/api-keys/{keyType}/revoke': ({ apiKeyId }) => ({
    parameters: { keyType: 'PRODUCTION' },
    body: { keyUUID: apiKeyId },
  }),
  'PUT /api/am/devportal/v3/applications/{applicationId}/oauth-keys/{keyMappingId}': () => ({
    body: { supportedGrantTypes: ['password'] },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/oauth-keys/{keyMappingId}/generate-token': ({
    clientSecret,
  }) => ({
    body: { consumerSecret: clientSecret },
  }),
  'GET /api/am/devportal/v3/subscriptions': ({ applicationId }) => ({ query: { applicationId } }),
  'POST /api/am/devportal/v3/subscriptions': ({ applicationId, apiId }) => ({
    body: { applicationId, apiId, throttlingPolicy: 'Gold' },
    withoutSubscription: true,
  }),
  'PUT /api/am/devportal/v3/subscriptions/{subscriptionId}': () => ({ body: { throttlingPolicy: 'Silver' } }),
  'GET /api/am/devportal/v3/throttling-policies/{policyLevel}': () => ({ parameters: { policyLevel: 'application' } }),
  'POST /api/am/publisher/v4/apis': ({ apiId }) => ({
    body: { name: apiId, context: `/${apiId}`, version: '1' },
  }),
  'DELETE /api/am/publisher/v4/apis/{apiId}': () => ({ withoutSubscription: true }),
  'PUT /api/am/publisher/v4/apis/{apiId}': () => ({ body: { description: 'changed' } }),
  'POST /api/am/publisher/v4/apis/change-lifecycle': ({ apiId }) => ({ query: { apiId, action: 'Block' } }),
  'POST /api/am/publisher/v4/apis/validate-endpoint': () => ({ query: { endpointUrl: 'http://127.0.0.1:1/' } }),
  'POST /api/am/publisher/v4/apis/{apiId}/revisions': () => ({ body: {} }),
  'POST /api/am/publisher/v4/apis/{apiId}/deploy-revision': ({ revisionId }) => ({
    query: { revisionId },
    body: environments,
  }),
  'POST /api/am/publisher/v4/apis/{apiId}/undeploy-revision': ({ deployedRevisionId }) => ({
    query: { revisionId: deployedRevisionId },
    body: environments,
  }),
  'POST /api/am/publisher/v4/apis/{apiId}/restore-revision': ({ revisionId }) => ({ query: { revisionId } }),
  'POST /api/am/publisher/v4/scopes': ({ scopeId }) => ({ body: { name: `s${scopeId}` } }),
  'PUT /api/am/publisher/v4/scopes/{scopeId}': () => ({ body: { name: 'ignored', description: 'changed' } }),
  'HEAD /api/am/publisher/v4/roles/{roleId}': () => ({
    parameters: { roleId: Buffer.from('admin').toString('base64url') },
  }),
  'GET /api/am/publisher/v4/subscriptions': ({ apiId }) => ({ query: { apiId } }),
  'POST /api/am/publisher/v4/subscriptions/block-subscription': ({ subscriptionId }) => ({
    query: { subscriptionId, blockState: 'BLOCKED' },
  }),
  'POST /api/am/publisher/v4/subscriptions/unblock-subscription': ({ subscriptionId }) => ({
    query: { subscriptionId },
  }),
  'GET /api/am/publisher/v4/throttling-policies/{policyLevel}': () => ({ parameters: { policyLevel: 'api' } }),
  ...policySamples,
  'POST /api/am/admin/v4/identity-providers': ({ scopeId }) => ({
    body: { ...provider, name: `i${scopeId}`, idpIssuerName: scopeId },
  }),
  'PUT /api/am/admin/v4/identity-providers/{identityProviderId}': ({ scopeId }) => ({
    body: { ...provider, name: `changed ${scopeId}`, idpIssuerName: `changed ${scopeId}` },
  }),
  'POST /api/am/admin/v4/key-managers': ({ scopeId }) => ({ body: { name: `k${scopeId}`, type: 'default' } }),
  'PUT /api/am/admin/v4/key-managers/{keyManagerId}': ({ keyManagerName }) => ({
    body: { name: keyManagerName, type: 'default', description: 'changed' },
  }),
  ...certificateSamples,
  ...definitionSamples,
  'POST /scim2/Users': ({ userId }) => ({ body: { userName: userId, password: 'password of somebody' } }),
  'PUT /scim2/Users/{userId}': () => ({ body: { name: { givenName: 'changed' } } }),
  'PATCH /scim2/Users/{userId}': () => ({ body: patch('name.givenName', 'changed') }),
  ...Object.fromEntries(
    ['/v2/Roles', '/Roles', '/Groups'].flatMap((path) => [
      [`POST /scim2${path}`, ({ roleId }: Fixture) => ({ body: { displayName: roleId } })],
      [`PATCH /scim2${path}/{roleId}`, ({ userId }: Fixture) => ({ body: patch('users', [{ value: userId }]) })],
    ]),
  ),
};

/** Calls that end the token they come with: what else a test does with it would fail. They have tests of their own. */
export const endsItsToken = (operation: string): boolean =>
  operation.endsWith(' /api/am/devportal/v3/me/change-password');

/** The sample request of a row on the fixture's objects. */
export async function attempt(world: World, fixture: Fixture, operation: string, call: Call) {
  const sample = samples[operation]?.(fixture) ?? {};
  if (sample.withoutSubscription) await world.storage.subscriptions.deleteSubscription(fixture.subscriptionId);
  const values: Record<string, string> = { ...fixture, ...sample.parameters };
  const [method = '', pattern = ''] = operation.split(' ');
  const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name);
  const query = sample.query ? `?${new URLSearchParams(sample.query)}` : '';
  return world.call(method, path + query, { ...call, headers: sample.headers, body: sample.body });
}
