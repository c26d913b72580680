import { describe, expect, it } from 'vitest';
import { parseCustomRule } from './custom-rule.js';

const rule = (parts: { selected?: string; window?: string; count?: string } = {}) => `
FROM RequestStream
SELECT ${parts.selected ?? "userId, ( userId == 'admin@carbon.super' ) AS isEligible, str:concat('admin@carbon.super','') as throttleKey"}
INSERT INTO EligibilityStream;

FROM EligibilityStream[isEligible==true]#throttler:timeBatch(${parts.window ?? '1 min'})
SELECT throttleKey, (count(userId) ${parts.count ?? '>= 5'}) as isThrottled, expiryTimeStamp group by throttleKey
INSERT ALL EVENTS into ResultStream;`;

const parse = (query: string, template = '$userId') => parseCustomRule(query, template);

describe('the query of a custom rule', () => {
  it('is read as WSO2 documents it', () => {
    expect(parse(rule())).toEqual({
      isEligible: { operator: '==', left: { attribute: 'userId' }, right: { text: 'admin@carbon.super' } },
      key: [{ text: 'admin@carbon.super' }],
      limit: { unit: 'requests', amount: 5, windowMillis: 60_000 },
    });
  });

  it('binds and tighter than or, and takes brackets and either quotes', () => {
    const selected = `(apiContext == "/a" or apiContext == '/a/1' and (appId != 'x')) as isEligible, apiContext as throttleKey`;
    expect(parse(rule({ selected })).isEligible).toMatchObject({
      operator: 'or',
      left: { operator: '==' },
      right: { operator: 'and', right: { operator: '!=' } },
    });
  });

  it.each([
    ['10 sec', 10_000],
    ['2 hours', 7_200_000],
    ['1 day, 0', 86_400_000],
  ])('has windows of %s', (window, millis) => {
    expect(parse(rule({ window })).limit.windowMillis).toBe(millis);
  });

  it('lets one more through with > than with >=', () => {
    expect(parse(rule({ count: '> 5' })).limit.amount).toBe(6);
  });

  it.each([
    ['another function', rule({ selected: 'str:length(userId) as throttleKey, true as isEligible' })],
    ['another attribute', rule({ selected: 'ip as throttleKey, true as isEligible' })],
    ['no eligibility', rule({ selected: 'userId as throttleKey' })],
    ['no key', rule({ selected: "(userId == 'a') as isEligible" })],
    ['a value as eligibility', rule({ selected: 'userId as isEligible, userId as throttleKey' })],
    ['another column', rule({ selected: 'true as isEligible, userId as throttleKey, (userId == userId) as x' })],
    ['another comparison', rule({ count: '== 5' })],
    ['another window', rule({ window: '1 fortnight' })],
    ['a window of nothing', rule({ window: '0 min' })],
    ['something behind it', `${rule()} FROM x`],
    ['letters nobody reads', rule({ selected: 'true as isEligible, user$Id as throttleKey' })],
    ['brackets without end', rule({ selected: `${'('.repeat(60)}userId == 'a'${')'.repeat(60)} as isEligible` })],
    ['nothing', ''],
    ['too much', ' '.repeat(20_000)],
  ])('is refused with %s', (_, query) => {
    expect(() => parse(query)).toThrow(Error);
  });

  it.each(['$clientIp', '$customProperty.x', 'userId', ''])('is refused with the key template %j', (template) => {
    expect(() => parse(rule(), template)).toThrow(/key template/);
  });
});
