import { describe, expect, it } from 'vitest';
import { aPolicy, ThrottledGateway } from './test/throttled.js';

const query = (eligible: string, key: string, count = '>= 2') => `
  FROM RequestStream
  SELECT userId, apiContext, (${eligible}) AS isEligible, ${key} AS throttleKey
  INSERT INTO EligibilityStream;
  FROM EligibilityStream[isEligible==true]#throttler:timeBatch(1 min)
  SELECT throttleKey, (count(throttleKey) ${count}) as isThrottled, expiryTimeStamp group by throttleKey
  INSERT ALL EVENTS into ResultStream;`;

const gatewayWith = (siddhiQuery: string, keyTemplate = '$apiContext') =>
  new ThrottledGateway({
    throttlingPolicies: [aPolicy('subscription Gold'), aPolicy('custom Rule', { siddhiQuery, keyTemplate })],
  });

describe('a custom rule', () => {
  it('limits the calls it is about, by its key', async () => {
    const gateway = gatewayWith(
      query("apiContext == '/petstore' or apiContext == '/petstore/1.0.0'", "str:concat(apiContext, '')"),
    );
    expect(await gateway.passing(2)).toBe(2);
    expect(await gateway.outcome({ token: { user: 'other@carbon.super' } })).toBe('customRuleThrottled');
    gateway.now += 60_000;
    expect(await gateway.passing(4)).toBe(2);
  });

  it('counts each value of its key', async () => {
    const gateway = gatewayWith(
      query("apiVersion == '1.0.0' and not (appId == 'x')", "str:concat(userId, ':', appId)"),
    );
    expect(await gateway.passing(4)).toBe(2);
    expect(await gateway.passing(4, { token: { user: 'other@carbon.super' } })).toBe(2);
  });

  it('does not touch other calls', async () => {
    const gateway = gatewayWith(query("resourceKey == '/petstore/1.0.0/pets:POST'", 'resourceKey'), '$resourceKey');
    expect(await gateway.passing(4)).toBe(4);
    expect(await gateway.passing(4, { method: 'POST' })).toBe(2);
    const user = gatewayWith(query("userId != 'demo@carbon.super'", 'userId'), '$userId');
    expect(await user.passing(4)).toBe(4);
    expect(await user.passing(4, { token: { user: 'other@carbon.super' } })).toBe(2);
  });

  it('that cannot be read is left out and named', async () => {
    const gateway = gatewayWith('FROM Elsewhere SELECT *');
    expect(gateway.catalog.problems).toEqual(['policy Rule of carbon.super: "*" cannot be read']);
    expect(await gateway.passing(4)).toBe(4);
  });
});
