import { describe, expect, it } from 'vitest';
import { countedLimit, isTimeUnit, unlimitedCount, windowMillis } from './quota.js';

describe('units of time', () => {
  it.each([
    ['sec', 1_000],
    ['seconds', 1_000],
    ['min', 60_000],
    ['MINUTE', 60_000],
    ['hour', 3_600_000],
    ['hours', 3_600_000],
    ['day', 86_400_000],
    ['days', 86_400_000],
    ['week', 604_800_000],
    ['month', 2_592_000_000],
    ['months', 2_592_000_000],
    ['year', 31_536_000_000],
    ['years', 31_536_000_000],
  ])('%s is %i milliseconds', (timeUnit, millis) => {
    expect(isTimeUnit(timeUnit)).toBe(true);
    expect(windowMillis({ timeUnit, unitTime: 1 })).toBe(millis);
    expect(windowMillis({ timeUnit, unitTime: 3 })).toBe(3 * millis);
  });

  it.each(['', 'fortnight', 'ms', 'min ', 'constructor'])('%j is none', (timeUnit) => {
    expect(isTimeUnit(timeUnit)).toBe(false);
    expect(() => windowMillis({ timeUnit, unitTime: 1 })).toThrow('is no unit of time');
  });
});

describe('a quota as gateways count it', () => {
  const window = { timeUnit: 'hour', unitTime: 2 };
  const windowMillis = 7_200_000;

  it.each([
    [
      { type: 'REQUESTCOUNTLIMIT', requestCount: { ...window, requestCount: 5 } } as const,
      { unit: 'requests', amount: 5, windowMillis },
    ],
    [
      { type: 'EVENTCOUNTLIMIT', eventCount: { ...window, eventCount: 6 } } as const,
      { unit: 'events', amount: 6, windowMillis },
    ],
    [
      { type: 'BANDWIDTHLIMIT', bandwidth: { ...window, dataAmount: 7, dataUnit: 'KB' } } as const,
      { unit: 'bytes', amount: 7_168, windowMillis },
    ],
    [
      { type: 'BANDWIDTHLIMIT', bandwidth: { ...window, dataAmount: 2, dataUnit: 'MB' } } as const,
      { unit: 'bytes', amount: 2_097_152, windowMillis },
    ],
    [
      { type: 'AIAPIQUOTALIMIT', aiApiQuota: { ...window, requestCount: 8, totalTokenCount: 1 } } as const,
      { unit: 'requests', amount: 8, windowMillis },
    ],
    [{ type: 'AIAPIQUOTALIMIT', aiApiQuota: { ...window, totalTokenCount: 1 } } as const, undefined],
    [{ type: 'REQUESTCOUNTLIMIT', requestCount: { ...window, requestCount: unlimitedCount } } as const, undefined],
    [{ type: 'EVENTCOUNTLIMIT', eventCount: { ...window, eventCount: unlimitedCount } } as const, undefined],
  ])('%j', (quota, expected) => {
    expect(countedLimit(quota)).toEqual(expected);
  });
});
