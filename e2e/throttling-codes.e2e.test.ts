import { temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import {
  type AdministeredCluster,
  clusterClient,
  type Role,
  startGateway,
  startKeyManager,
} from './support/cluster.js';
import type { Client } from './support/https-client.js';
import {
  type ApiObject,
  allScopes,
  createApplication,
  deploy,
  devportal,
  generateKeys,
  type Management,
  management,
  publish,
  publisher,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { bearer, tokenClient } from './support/token-client.js';

const policies = '/api/am/admin/v4/throttling/policies';
const onceADay = { type: 'REQUESTCOUNTLIMIT', requestCount: { timeUnit: 'days', unitTime: 1, requestCount: 1 } };
const plenty = { type: 'REQUESTCOUNTLIMIT', requestCount: { timeUnit: 'days', unitTime: 1, requestCount: 1_000 } };

const rule = `
FROM RequestStream
SELECT apiContext, (apiContext == '/c900806' or apiContext == '/c900806/1.0.0') AS isEligible, apiContext AS throttleKey
INSERT INTO EligibilityStream;
FROM EligibilityStream[isEligible==true]#throttler:timeBatch(1 day)
SELECT throttleKey, (count(throttleKey) >= 1) as isThrottled, expiryTimeStamp group by throttleKey
INSERT ALL EVENTS into ResultStream;`;

interface Limited {
  readonly api?: Readonly<Record<string, unknown>>;
  readonly tier?: string;
  readonly plan?: string;
  readonly applicationTier?: string;
}

/** Each limit the way its owner sets it, once a day. */
const codes: [string, Limited][] = [
  ['900800', { api: { apiThrottlingPolicy: 'OnceADay' } }],
  ['900801', { api: { maxTps: { production: 1, productionTimeUnit: 'HOUR' } } }],
  ['900802', { tier: 'OnceADay' }],
  ['900803', { applicationTier: 'OnceADay' }],
  ['900804', { plan: 'OnceADayPlan' }],
  ['900806', {}],
  ['900807', { plan: 'BurstPlan' }],
];

describe('limits as administrators and publishers set them', () => {
  let backend: Backend;
  let roles: Role[] = [];
  let gateway: Role;
  let client: Client;
  let rest: Management;

  beforeAll(async () => {
    backend = await startBackend();
    const offset = await freeOffset();
    const adminPassword = 'canary-admin-password-8';
    const settings: AdministeredCluster = { dataDir: temporaryFolder().path, offset, adminPassword };
    const keyManager = await startKeyManager(settings);
    roles = [keyManager];
    gateway = await startGateway(settings, offset, [keyManager]);
    roles = [keyManager, gateway];
    client = clusterClient(settings);
    rest = await management(client, keyManager.url, 'admin', adminPassword, allScopes);
    await rest.ok('POST', `${policies}/advanced`, { policyName: 'OnceADay', defaultLimit: onceADay });
    await rest.ok('POST', `${policies}/application`, { policyName: 'OnceADay', defaultLimit: onceADay });
    await rest.ok('POST', `${policies}/subscription`, { policyName: 'OnceADayPlan', defaultLimit: onceADay });
    const burst = { rateLimitCount: 1, rateLimitTimeUnit: 'hour' };
    await rest.ok('POST', `${policies}/subscription`, { policyName: 'BurstPlan', defaultLimit: plenty, ...burst });
    await rest.ok('POST', `${policies}/custom`, {
      policyName: 'Rule',
      siddhiQuery: rule,
      keyTemplate: '$apiContext',
    });
  });
  afterAll(async () => {
    client?.close();
    await Promise.all(roles.map((role) => role.process.stop()));
    await backend?.close();
  });

  /** An API under a limit, and a token of an application that subscribes to it. */
  async function provide(code: string, { api, tier, plan, applicationTier }: Limited): Promise<string> {
    const created = await rest.ok<ApiObject>('POST', `${publisher}/apis`, {
      name: `c${code}`,
      context: `/c${code}`,
      version: '1.0.0',
      policies: ['Unlimited', 'OnceADayPlan', 'BurstPlan'],
      operations: [{ target: '/items', verb: 'GET', throttlingPolicy: tier ?? 'Unlimited' }],
      endpointConfig: { endpoint_type: 'http', production_endpoints: { url: backend.url } },
      ...api,
    });
    await deploy(rest, created);
    await publish(rest, created);
    const applicationId = await createApplication(rest, `a${code}`);
    const consumer = await generateKeys(rest, applicationId);
    const throttlingPolicy = plan ?? 'Unlimited';
    await rest.ok('POST', `${devportal}/subscriptions`, { applicationId, apiId: created.id, throttlingPolicy });
    const path = `${devportal}/applications/${applicationId}`;
    const application = await rest.ok<Record<string, unknown>>('GET', path);
    await rest.ok('PUT', path, { ...application, throttlingPolicy: applicationTier ?? 'Unlimited' });
    const urls = { tokenUrl: `${gateway.url}/token`, revokeUrl: `${gateway.url}/revoke` };
    return (await tokenClient(client, urls, consumer).clientCredentials()).access_token;
  }

  it.each(codes)('%s: the first call passes, the next is throttled', async (code, limited) => {
    const accessToken = await provide(code, limited);
    const call = () => client.call(`${gateway.url}/c${code}/1.0.0/items`, { headers: bearer(accessToken) });
    // Before the gateway has heard of the limit, calls pass without a word about it.
    await waitUntil(
      async () => {
        const { status, headers } = await call();
        return status === 200 && headers['ratelimit-limit'] === '1';
      },
      { what: 'a call under the limit' },
    );
    const throttled = await call();
    expect(throttled.status).toBe(429);
    expect(throttled.json()).toMatchObject({
      code,
      message: 'Message throttled out',
      nextAccessTime: expect.stringMatching(/UTC$/),
    });
  });
  noSecretIsPrinted();
});
