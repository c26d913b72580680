import { RE2JS } from 're2js';
import { z } from 'zod';
import { isAddress, isAddressRange } from '../../../policies/addresses.js';
import { quota } from './quota-schema.js';

const name = z.string().min(1).max(255);
const address = z.string().max(45).refine(isAddress, 'is no IP address');

/** Of all counted repetitions of a pattern together: `x{1000}` is a program a thousand times as long. */
const mostRepeats = 256;

/** What gateways can run in a time that grows with the text only (RE2): callers choose the text. */
const pattern = z.string().max(255).refine(isPattern, 'is no regular expression that gateways run (RE2)');

function isPattern(text: string): boolean {
  const repeats = [...text.matchAll(/\{(\d+),?(\d*)\}/g)].map(([, least, most]) => Number(most || least));
  if (repeats.reduce((sum, each) => sum + each, 0) > mostRepeats) return false;
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}

const ipCondition = z
  .discriminatedUnion('ipConditionType', [
    z.object({ ipConditionType: z.literal('IPSPECIFIC'), specificIP: address }),
    z.object({ ipConditionType: z.literal('IPRANGE'), startingIP: address, endingIP: address }),
  ])
  .refine(
    (given) => given.ipConditionType === 'IPSPECIFIC' || isAddressRange(given.startingIP, given.endingIP),
    'is no range: both ends have to be of one family, in order',
  );

const invertCondition = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);

const condition = z.discriminatedUnion('type', [
  z.object({ type: z.literal('IPCONDITION'), invertCondition, ipCondition }),
  z.object({
    type: z.literal('HEADERCONDITION'),
    invertCondition,
    headerCondition: z.object({
      headerName: z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'is not a header name'),
      headerValue: pattern,
    }),
  }),
  z.object({
    type: z.literal('QUERYPARAMETERCONDITION'),
    invertCondition,
    queryParameterCondition: z.object({ parameterName: name, parameterValue: pattern }),
  }),
  z.object({
    type: z.literal('JWTCLAIMSCONDITION'),
    invertCondition,
    jwtClaimsCondition: z.object({ claimUrl: name, attribute: pattern }),
  }),
]);

/** Limits of their own for calls that meet every condition. Bounded, since gateways hold each call against them. */
export const conditionalGroups = z
  .array(
    z.object({
      description: z
        .string()
        .max(1_024)
        .nullish()
        .transform((given) => given ?? ''),
      conditions: z.array(condition).min(1).max(20),
      limit: quota,
    }),
  )
  .max(20);
