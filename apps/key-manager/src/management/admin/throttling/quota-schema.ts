import { z } from 'zod';
import { isTimeUnit } from '../../../policies/quota.js';

const count = z.int().min(1);
const optionalCount = z.int().min(0).nullish();

const window = {
  timeUnit: z
    .string()
    .max(16)
    .refine(isTimeUnit, 'is no unit of time')
    .describe('sec, min, hour, days, weeks, months.'),
  // So that the milliseconds of years are still a number that is exact.
  unitTime: z.int().min(1).max(100_000),
};

/** How much in one window. Of the four members the one that `type` says is read. */
export const quota = z.discriminatedUnion('type', [
  z.object({ type: z.literal('REQUESTCOUNTLIMIT'), requestCount: z.object({ ...window, requestCount: count }) }),
  z.object({
    type: z.literal('BANDWIDTHLIMIT'),
    bandwidth: z.object({ ...window, dataAmount: count.max(2_147_483_647), dataUnit: z.enum(['KB', 'MB']) }),
  }),
  z.object({ type: z.literal('EVENTCOUNTLIMIT'), eventCount: z.object({ ...window, eventCount: count }) }),
  z.object({
    type: z.literal('AIAPIQUOTALIMIT'),
    aiApiQuota: z.object({
      ...window,
      requestCount: count.nullish(),
      totalTokenCount: optionalCount,
      promptTokenCount: optionalCount,
      completionTokenCount: optionalCount,
    }),
  }),
]);
