import type { Fixture } from './fixture.js';
import { perMinute } from './policy-fixture.js';
import type { Sample } from './samples.js';

const admin = '/api/am/admin/v4';

export function multipart(fields: Readonly<Record<string, string>>, file: string): Pick<Sample, 'headers' | 'body'> {
  const parts = Object.entries({ ...fields, 'file"; filename="policy.json': file }).map(
    ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
    body: `${parts.join('')}--edge--\r\n`,
  };
}

export const exported = (data: unknown, subtype = 'application policy') =>
  JSON.stringify({ type: 'throttling policy', subtype, version: 'v4.7.0', data });

const levels = {
  application: { id: 'applicationPolicyId', members: { defaultLimit: perMinute(7) } },
  subscription: { id: 'subscriptionPolicyId', members: { defaultLimit: perMinute(7) } },
  advanced: { id: 'advancedPolicyId', members: { defaultLimit: perMinute(7) } },
  custom: { id: 'customPolicyId', members: { siddhiQuery: 'q', keyTemplate: '$apiContext' } },
} as const;

const ofLevels = Object.entries(levels).flatMap(([level, { id, members }]) => {
  const path = `${admin}/throttling/policies/${level}`;
  const one = (fixture: Fixture): Sample => ({
    parameters: { policyId: fixture[id] },
    body: { policyName: 'ignored', ...members },
  });
  return [
    [`POST ${path}`, ({ scopeId }: Fixture) => ({ body: { policyName: `p${scopeId}`, ...members } })],
    [`GET ${path}/{policyId}`, (fixture: Fixture) => ({ parameters: { policyId: fixture[id] } })],
    [`PUT ${path}/{policyId}`, one],
    [`DELETE ${path}/{policyId}`, (fixture: Fixture) => ({ parameters: { policyId: fixture[id] } })],
  ] as const;
});

/** Requests about policies that would succeed for whoever may make them. */
export const policySamples: Readonly<Record<string, (fixture: Fixture) => Sample>> = {
  ...Object.fromEntries(ofLevels),
  [`GET ${admin}/throttling/policies/export`]: ({ applicationPolicyName: name }) => ({ query: { name, type: 'app' } }),
  [`POST ${admin}/throttling/policies/import`]: ({ scopeId }) =>
    multipart({}, exported({ policyName: `i${scopeId}`, defaultLimit: perMinute(7) })),
  [`POST ${admin}/throttling/deny-policies`]: ({ scopeId }) => ({
    body: { conditionType: 'USER', conditionValue: `d${scopeId}` },
  }),
  [`PATCH ${admin}/throttling/deny-policy/{conditionId}`]: () => ({ body: { conditionStatus: false } }),
  [`PUT ${admin}/tenant-config`]: () => ({ body: { DefaultAPILevelTier: 'Unlimited' } }),
  'POST /api/am/publisher/v4/subscriptions/change-business-plan': ({ subscriptionId }) => ({
    query: { subscriptionId, businessPlan: 'Silver' },
  }),
  'POST /api/am/devportal/v3/applications/{applicationId}/reset-throttle-policy': () => ({
    body: { userName: 'owner' },
  }),
};
