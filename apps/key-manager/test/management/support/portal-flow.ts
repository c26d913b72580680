import { expect } from 'vitest';
import type { World } from './world.js';

const publisher = '/api/am/publisher/v4';
const devportal = '/api/am/devportal/v3';

/** Registering, publishing, subscribing and getting a token, as a WSO2 client does it. */
export async function portalFlow(world: World): Promise<void> {
  const maker = await world.logIn('maker', 'Internal/creator', 'Internal/publisher');
  const consumer = await world.logIn('consumer', 'Internal/subscriber');

  const api = await world.call('POST', `${publisher}/apis`, {
    token: maker,
    body: {
      name: 'Pets',
      context: 'pets',
      version: '1.0.0',
      policies: ['Gold'],
      endpointConfig: { endpoint_type: 'http', production_endpoints: { url: 'http://127.0.0.1:1/' } },
      operations: [{ target: '/pets', verb: 'GET' }],
    },
  });
  expect(api.status).toBe(201);
  const { id } = api.body;

  const revision = await world.call('POST', `${publisher}/apis/${id}/revisions`, { token: maker, body: {} });
  expect(revision).toMatchObject({ status: 201, body: { displayName: 'Revision 1', deploymentInfo: [] } });
  const deployed = await world.call('POST', `${publisher}/apis/${id}/deploy-revision?revisionId=${revision.body.id}`, {
    token: maker,
    body: [{ name: 'Default', vhost: 'localhost', displayOnDevportal: true }],
  });
  expect(deployed).toMatchObject({ status: 201, body: [{ name: 'Default', revisionUuid: revision.body.id }] });
  const published = await world.call('POST', `${publisher}/apis/change-lifecycle?apiId=${id}&action=Publish`, {
    token: maker,
  });
  expect(published).toMatchObject({ status: 200, body: { lifecycleState: { state: 'Published' } } });

  const list = await world.call('GET', `${devportal}/applications`, { token: consumer });
  expect(list.body).toMatchObject({
    count: 1,
    list: [{ name: 'DefaultApplication', throttlingPolicy: 'Unlimited' }],
  });
  const { applicationId } = list.body.list[0];
  const seen = await world.call('GET', `${devportal}/apis/${id}`, { token: consumer });
  expect(seen.body.endpointURLs).toMatchObject([
    { environmentName: 'Default', URLs: { https: 'https://localhost:8243/pets/1.0.0' } },
  ]);
  const subscription = await world.call('POST', `${devportal}/subscriptions`, {
    token: consumer,
    body: { applicationId, apiId: id, throttlingPolicy: 'Gold' },
  });
  expect(subscription).toMatchObject({ status: 201, body: { status: 'UNBLOCKED', apiInfo: { name: 'Pets' } } });

  const keys = await world.call('POST', `${devportal}/applications/${applicationId}/generate-keys`, {
    token: consumer,
    body: { keyType: 'PRODUCTION', grantTypesToBeSupported: ['client_credentials', 'password'] },
  });
  expect(keys).toMatchObject({ status: 200, body: { keyType: 'PRODUCTION', mode: 'CREATED' } });
  const granted = await world.call('POST', '/oauth2/token', {
    basic: [keys.body.consumerKey, keys.body.consumerSecret],
    form: { grant_type: 'client_credentials' },
  });
  expect(granted).toMatchObject({ status: 200, body: { token_type: 'Bearer' } });

  const snapshot = await world.storage.catalogFeed.snapshot('Default');
  expect(snapshot.apis.map(({ api: { name } }) => name)).toContain('Pets');
  expect(snapshot.subscriptions).toContainEqual(expect.objectContaining({ applicationId, apiId: id }));
}
