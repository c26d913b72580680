import type { ConditionalGroup, ThrottlingCondition } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { anApi, aResource } from '../apis/test/catalog.js';
import { aPolicy, type GivenCall, requests, ThrottledGateway } from './test/throttled.js';

const group = (amount: number, ...conditions: Partial<ThrottlingCondition>[]): ConditionalGroup => ({
  conditions: conditions.map((condition) => ({ invert: false, condition: undefined, ...condition })),
  limit: requests(amount),
});

/** How many of six calls pass: 5 under the default limit, 1 when the group applies. */
async function passing(conditions: Partial<ThrottlingCondition>[], call: GivenCall): Promise<number> {
  const gateway = new ThrottledGateway({
    apis: [anApi({ resources: [aResource('GET /pets', { throttlingTier: 'Part' })] })],
    throttlingPolicies: [
      aPolicy('subscription Gold'),
      aPolicy('advanced Part', { defaultLimit: requests(5), conditionalGroups: [group(1, ...conditions)] }),
    ],
  });
  return gateway.passing(6, call);
}

const ip = (text: string): Partial<ThrottlingCondition> => ({ condition: { $case: 'ip', ip: text } });
const range = (first: string, last: string): Partial<ThrottlingCondition> => ({
  condition: { $case: 'ipRange', ipRange: { first, last } },
});
const header = (name: string, pattern: string): Partial<ThrottlingCondition> => ({
  condition: { $case: 'header', header: { name, pattern } },
});
const query = (name: string, pattern: string): Partial<ThrottlingCondition> => ({
  condition: { $case: 'queryParameter', queryParameter: { name, pattern } },
});
const claim = (name: string, pattern: string): Partial<ThrottlingCondition> => ({
  condition: { $case: 'jwtClaim', jwtClaim: { name, pattern } },
});

describe('a conditional group', () => {
  it.each<[string, Partial<ThrottlingCondition>[], GivenCall, number]>([
    ['an address', [ip('192.0.2.7')], { address: '192.0.2.7' }, 1],
    ['another address', [ip('192.0.2.7')], { address: '192.0.2.8' }, 5],
    ['an IPv6 address', [ip('2001:db8::7')], { address: '2001:0db8:0:0::7' }, 1],
    ['a range', [range('192.0.2.0', '192.0.2.9')], { address: '192.0.2.9' }, 1],
    ['outside of a range', [range('192.0.2.0', '192.0.2.9')], { address: '192.0.2.10' }, 5],
    ['an IPv6 range', [range('2001:db8::', '2001:db8::ff')], { address: '2001:db8::fe' }, 1],
    ['not in a range', [{ ...range('10.0.0.0', '10.0.0.9'), invert: true }], { address: '10.0.1.1' }, 1],
    ['a header', [header('User-Agent', '.*Chrome.*')], { headers: ['user-agent', 'A Chrome B'] }, 1],
    ['all of a header', [header('X-Kind', 'mobile')], { headers: ['X-Kind', 'mobile app'] }, 5],
    ['no such header', [header('X-Kind', 'mobile')], {}, 5],
    ['not that header', [{ ...header('X-Kind', 'mobile'), invert: true }], {}, 1],
    ['a query parameter', [query('kind', 'a|b')], { target: '/petstore/1.0.0/pets?x=1&kind=%62' }, 1],
    ['another value of it', [query('kind', 'a|b')], { target: '/petstore/1.0.0/pets?kind=c' }, 5],
    ['a claim', [claim('client_id', 'key-\\d')], {}, 1],
    ['a claim of the dialect', [claim('http://wso2.org/claims/subscriber', 'demo@carbon.super')], {}, 1],
    ['all of several', [ip('192.0.2.7'), header('X-Kind', 'mobile')], { address: '192.0.2.7' }, 5],
  ])('applies to %s', async (_, conditions, call, expected) => {
    expect(await passing(conditions, call)).toBe(expected);
  });

  it('keeps a count of its own beside that of other calls', async () => {
    const gateway = new ThrottledGateway({
      apis: [anApi({ resources: [aResource('GET /pets', { throttlingTier: 'Part' })] })],
      throttlingPolicies: [
        aPolicy('subscription Gold'),
        aPolicy('advanced Part', {
          defaultLimit: requests(2),
          conditionalGroups: [group(1, ip('192.0.2.7')), group(3, range('192.0.2.0', '192.0.2.9'))],
        }),
      ],
    });
    expect(await gateway.passing(6, { address: '192.0.2.7' })).toBe(1);
    expect(await gateway.passing(6, { address: '192.0.2.8' })).toBe(3);
    expect(await gateway.passing(6, { address: '198.51.100.1' })).toBe(2);
    expect(await gateway.outcome({ address: '192.0.2.7' })).toBe('resourceThrottled');
  });

  it('with a pattern that cannot be read makes its tier unknown, which is limited strictly', async () => {
    const gateway = new ThrottledGateway({
      apis: [anApi({ resources: [aResource('GET /pets', { throttlingTier: 'Part' })] })],
      throttlingPolicies: [
        aPolicy('subscription Gold'),
        aPolicy('advanced Part', { defaultLimit: requests(5), conditionalGroups: [group(1, header('x', '(a'))] }),
      ],
    });
    expect(gateway.catalog.problems.join()).toContain('one of its patterns cannot be read');
    await gateway.outcome();
    expect(gateway.warnings.join()).toContain('10KPerMin');
  });

  it('is judged in time that grows with the value only', () => {
    const started = process.cpuUsage().user;
    const gateway = new ThrottledGateway({
      apis: [anApi({ resources: [aResource('GET /pets', { throttlingTier: 'Part' })] })],
      throttlingPolicies: [
        aPolicy('subscription Gold'),
        aPolicy('advanced Part', { defaultLimit: requests(5), conditionalGroups: [group(1, header('x', '(a+)+b'))] }),
      ],
    });
    void gateway.gate.admit(gateway.call({ headers: ['x', 'a'.repeat(5_000)] }), { fail: () => undefined });
    // A backtracking engine would need longer than there will be a sun.
    expect(process.cpuUsage().user - started).toBeLessThan(20_000_000);
  });
});
