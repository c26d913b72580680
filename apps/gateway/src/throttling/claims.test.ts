import { describe, expect, it } from 'vitest';
import { claimOf } from './claims.js';
import { aPolicy, type GivenCall, ThrottledGateway } from './test/throttled.js';

const exchange = (call?: GivenCall) =>
  new ThrottledGateway({ throttlingPolicies: [aPolicy('subscription Gold')] }).call(call);

describe('claims that conditions ask for', () => {
  it.each([
    ['sub', 'demo@carbon.super'],
    ['client_id', 'key-1'],
    ['scope', 'read'],
    ['http://wso2.org/claims/enduser', 'demo@carbon.super'],
    ['http://wso2.org/claims/subscriber', 'demo@carbon.super'],
    ['http://wso2.org/claims/applicationname', 'DemoApplication'],
    ['http://wso2.org/claims/tier', 'Gold'],
    ['http://wso2.org/claims/apicontext', '/petstore/1.0.0'],
    ['http://wso2.org/claims/keytype', 'PRODUCTION'],
    ['groups', undefined],
    ['__proto__', undefined],
    ['constructor', undefined],
  ])('%s is %s', (name, expected) => {
    expect(claimOf(exchange(), name)).toBe(expected);
  });

  it('are those of a foreign token first', () => {
    const call = exchange();
    const foreign = { keyManager: 'k', consumer: 'key-1', claims: { plan: 'free', sub: 'x', roles: ['a', 'b'], n: 1 } };
    call.authenticated({ ...call.token, foreign } as NonNullable<typeof call.token>);
    expect(['plan', 'sub', 'roles', 'n', 'client_id'].map((name) => claimOf(call, name))).toEqual([
      'free',
      'x',
      'a,b',
      '1',
      'key-1',
    ]);
    expect(claimOf(call, 'toString')).toBeUndefined();
  });

  it('are none of a call without a token', () => {
    expect(claimOf(exchange({ token: null }), 'sub')).toBeUndefined();
  });
});
