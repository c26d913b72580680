import { LimitUnit, ThrottlingLevel } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { defaultPolicies, plainPlan } from '../policies/default-policies.js';
import type { DenyCondition } from '../policies/deny-rule.js';
import type { PolicyCondition, ThrottlingPolicy } from '../policies/policy.js';
import { denyRuleMessage, throttlingPolicyMessage } from './policy-messages.js';

const facts = { id: 'p', tenantDomain: 'tenant1.com', name: 'Mine', displayName: '', description: '' };
const quota = { type: 'REQUESTCOUNTLIMIT', requestCount: { timeUnit: 'min', unitTime: 2, requestCount: 5 } } as const;
const limit = { unit: LimitUnit.LIMIT_UNIT_REQUESTS, amount: 5, windowMillis: 120_000 };
const nothing = { burst: undefined, stopOnQuotaReach: true, conditionalGroups: [], siddhiQuery: '', keyTemplate: '' };
const sent = { id: 'p', tenantDomain: 'tenant1.com', name: 'Mine', defaultLimit: limit, ...nothing };

describe('a throttling policy as gateways get it', () => {
  it.each<[ThrottlingPolicy, object]>([
    [
      { ...facts, level: 'application', defaultLimit: quota },
      { ...sent, level: ThrottlingLevel.THROTTLING_LEVEL_APPLICATION },
    ],
    [
      { ...facts, ...plainPlan, level: 'subscription', defaultLimit: quota },
      { ...sent, level: ThrottlingLevel.THROTTLING_LEVEL_SUBSCRIPTION },
    ],
    [
      { ...facts, level: 'custom', siddhiQuery: 'q', keyTemplate: '$userId' },
      {
        ...{ ...sent, level: ThrottlingLevel.THROTTLING_LEVEL_CUSTOM },
        ...{ defaultLimit: undefined, siddhiQuery: 'q', keyTemplate: '$userId' },
      },
    ],
  ])('%j', (policy, message) => {
    expect(throttlingPolicyMessage(policy)).toEqual(message);
  });

  it('has the burst limit of its plan and whether it stops', () => {
    const burst = { ...plainPlan, rateLimitCount: 3, rateLimitTimeUnit: 'sec', stopOnQuotaReach: false };
    expect(throttlingPolicyMessage({ ...facts, ...burst, level: 'subscription', defaultLimit: quota })).toMatchObject({
      burst: { unit: LimitUnit.LIMIT_UNIT_REQUESTS, amount: 3, windowMillis: 1_000 },
      stopOnQuotaReach: false,
    });
  });

  it('has no limit when it is unlimited', () => {
    const unlimited = defaultPolicies('t').filter(({ name }) => /Unlimited$/.test(name));
    expect(unlimited).toHaveLength(5);
    for (const policy of unlimited) expect(throttlingPolicyMessage(policy).defaultLimit).toBeUndefined();
    for (const policy of defaultPolicies('t').filter((each) => !unlimited.some(({ id }) => id === each.id))) {
      expect(throttlingPolicyMessage(policy).defaultLimit?.amount).toBeGreaterThan(0);
    }
  });

  it('has its conditional groups in order', () => {
    const conditions: PolicyCondition[] = [
      {
        invertCondition: false,
        type: 'IPCONDITION',
        ipCondition: { ipConditionType: 'IPSPECIFIC', specificIP: '::1' },
      },
      {
        ...{ invertCondition: true, type: 'IPCONDITION' },
        ipCondition: { ipConditionType: 'IPRANGE', startingIP: '10.0.0.1', endingIP: '10.0.0.9' },
      },
      { invertCondition: false, type: 'HEADERCONDITION', headerCondition: { headerName: 'h', headerValue: 'a' } },
      {
        ...{ invertCondition: false, type: 'QUERYPARAMETERCONDITION' },
        queryParameterCondition: { parameterName: 'q', parameterValue: 'b' },
      },
      { invertCondition: false, type: 'JWTCLAIMSCONDITION', jwtClaimsCondition: { claimUrl: 'c', attribute: 'd' } },
    ];
    const bandwidth = { timeUnit: 'hour', unitTime: 1, dataAmount: 2, dataUnit: 'KB' } as const;
    const groups = [{ description: '', conditions, limit: { type: 'BANDWIDTHLIMIT', bandwidth } as const }];
    const message = throttlingPolicyMessage({
      ...{ ...facts, level: 'advanced', defaultLimit: quota },
      conditionalGroups: groups,
    });
    expect(message.conditionalGroups).toEqual([
      {
        limit: { unit: LimitUnit.LIMIT_UNIT_BYTES, amount: 2_048, windowMillis: 3_600_000 },
        conditions: [
          { invert: false, condition: { $case: 'ip', ip: '::1' } },
          { invert: true, condition: { $case: 'ipRange', ipRange: { first: '10.0.0.1', last: '10.0.0.9' } } },
          { invert: false, condition: { $case: 'header', header: { name: 'h', pattern: 'a' } } },
          { invert: false, condition: { $case: 'queryParameter', queryParameter: { name: 'q', pattern: 'b' } } },
          { invert: false, condition: { $case: 'jwtClaim', jwtClaim: { name: 'c', pattern: 'd' } } },
        ],
      },
    ]);
  });
});

describe('a deny rule as gateways get it', () => {
  const range = (first: string, last: string, invert: boolean) => ({
    $case: 'addresses',
    addresses: { range: { first, last }, invert },
  });
  it.each<[DenyCondition, object]>([
    [
      { conditionType: 'API', conditionValue: '/t/tenant1.com/pets/1' },
      { $case: 'api', api: '/t/tenant1.com/pets/1' },
    ],
    [
      { conditionType: 'APPLICATION', conditionValue: 'bob:My: App' },
      { $case: 'application', application: 'bob@tenant1.com:My: App' },
    ],
    [
      { conditionType: 'APPLICATION', conditionValue: 'bob@tenant1.com:App' },
      { $case: 'application', application: 'bob@tenant1.com:App' },
    ],
    [
      { conditionType: 'USER', conditionValue: 'bob@tenant1.com' },
      { $case: 'user', user: 'bob@tenant1.com' },
    ],
    [
      { conditionType: 'IP', conditionValue: { fixedIp: '10.0.0.1', invert: true } },
      range('10.0.0.1', '10.0.0.1', true),
    ],
    [
      { conditionType: 'IPRANGE', conditionValue: { startingIp: '::1', endingIp: '::9', invert: false } },
      range('::1', '::9', false),
    ],
  ])('%j', (condition, subject) => {
    const rule = { id: 'd', tenantDomain: 'tenant1.com', enabled: true, createdAt: 1, ...condition };
    expect(denyRuleMessage(rule)).toEqual({ id: 'd', tenantDomain: 'tenant1.com', enabled: true, subject });
  });
});
