import { type Api, CatalogMessage, type CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType } from '@keygate/proto/keymanager/v1/key_validation';
import { expect, it } from 'vitest';
import { snapshotParts } from './snapshot-parts.js';

const api = (n: number, document = ''): Api => ({
  id: `api-${n}`,
  name: `Api${n}`,
  version: '1',
  provider: 'admin@carbon.super',
  tenantDomain: 'carbon.super',
  effectiveContext: `/api${n}/1`,
  lifecycleStatus: 'PUBLISHED',
  transports: ['https'],
  resources: [],
  cors: undefined,
  authorizationHeader: '',
  subscriptionRequired: true,
  revisionId: 'r',
  mediation: { request: [], response: [], fault: [], cacheSeconds: 0, validatedBy: document },
});

function snapshotOf(apis: Api[], keys = 0): CatalogSnapshot {
  return {
    revision: 7,
    apis,
    applications: [],
    consumerKeys: Array.from({ length: keys }, (_, n) => ({
      consumerKey: `key-${n}`,
      applicationId: 'a',
      keyType: KeyType.KEY_TYPE_PRODUCTION,
    })),
    subscriptions: [],
    throttlingPolicies: [],
    denyRules: [],
    keyManagers: [],
    signingKeys: [],
  };
}

const partsOf = (snapshot: CatalogSnapshot) =>
  [...snapshotParts(snapshot)].map((message) => {
    if (message.content?.$case !== 'snapshot') throw new Error('not a snapshot');
    return { part: message.content.snapshot, bytes: CatalogMessage.encode(message).finish().length };
  });

it('sends a small snapshot in one message', () => {
  const snapshot = snapshotOf([api(1), api(2)], 3);
  expect(partsOf(snapshot).map(({ part }) => part)).toEqual([snapshot]);
  expect(partsOf(snapshotOf([]))).toHaveLength(1);
});

it('splits a large one, and says at the end that it was all', () => {
  const parts = partsOf(
    snapshotOf(
      Array.from({ length: 5_000 }, (_, n) => api(n)),
      10_000,
    ),
  );
  expect(parts.flatMap(({ part }) => part.apis.map(({ id }) => id))).toHaveLength(5_000);
  expect(parts.flatMap(({ part }) => part.consumerKeys)).toHaveLength(10_000);
  expect(parts.map(({ part }) => part.more ?? false)).toEqual(parts.map((_, n) => n < parts.length - 1));
  expect(new Set(parts.map(({ part }) => part.revision))).toEqual(new Set([7]));
  for (const { bytes } of parts) expect(bytes).toBeLessThan(512 * 1_024);
});

it('counts documents: ten of 200 kB are several messages', () => {
  const parts = partsOf(snapshotOf(Array.from({ length: 10 }, (_, n) => api(n, 'x'.repeat(200_000)))));
  expect(parts.length).toBeGreaterThanOrEqual(5);
});
