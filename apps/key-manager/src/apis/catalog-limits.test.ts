import { describe, expect, it } from 'vitest';
import type { ApiBody } from './api.js';
import { catalogLimits } from './catalog-limits.js';

const body = (change: Partial<ApiBody>): ApiBody => ({
  transport: [],
  policies: [],
  securityScheme: [],
  operations: [],
  scopes: [],
  ...change,
});

describe('limits of an API as gateways see them', () => {
  it('are absent when there are none', () => {
    expect(catalogLimits(body({}))).toBeUndefined();
    expect(catalogLimits(body({ maxTps: {}, apiThrottlingPolicy: null }))).toBeUndefined();
  });

  it('are the policy of the API, the tiers on offer and the hard limits of both kinds of endpoint', () => {
    const limits = catalogLimits(
      body({
        apiThrottlingPolicy: '10KPerMin',
        policies: ['Gold', 'Bronze'],
        maxTps: { production: 100, productionTimeUnit: 'MINUTE', sandbox: 7, sandboxTimeUnit: 'HOUR' },
      }),
    );
    expect(limits).toEqual({
      throttlingTier: '10KPerMin',
      subscriptionTiers: ['Gold', 'Bronze'],
      productionRequests: 100,
      windowMillis: 60_000,
      sandboxRequests: 7,
      sandboxWindowMillis: 3_600_000,
    });
  });

  it('count per second unless a unit is named', () => {
    expect(catalogLimits(body({ maxTps: { production: 5 } }))).toMatchObject({
      productionRequests: 5,
      windowMillis: 1_000,
    });
  });

  it.each([-1, 0, 1.5, '5', null])('leave out %j, which is no number of requests', (production) => {
    expect(catalogLimits(body({ maxTps: { production } }))).toBeUndefined();
  });
});
