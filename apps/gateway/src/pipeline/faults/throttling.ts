import type { Fault } from './fault.js';

const throttledOut = 'Message throttled out';
const overQuota = 'You have exceeded your quota. You can access API after the time in nextAccessTime.';

/** Limits and deny rules. WSO2's 9008xx. */
export const throttlingFaults = {
  apiThrottled: {
    code: '900800',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  hardLimitReached: {
    code: '900801',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  resourceThrottled: {
    code: '900802',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  applicationThrottled: {
    code: '900803',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  subscriptionThrottled: {
    code: '900804',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  messageBlocked: {
    code: '900805',
    status: 403,
    message: 'Message blocked',
    description: 'You have been blocked from accessing the resource.',
  },
  customRuleThrottled: {
    code: '900806',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
  burstThrottled: {
    code: '900807',
    status: 429,
    message: throttledOut,
    description: overQuota,
  },
} as const satisfies Record<string, Fault>;
