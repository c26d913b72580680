import { z } from 'zod';
import type { DenyCondition, DenyRule } from '../../../policies/deny-rule.js';

const text = z.string().trim().min(1).max(512);
/** What is no address is refused by the rules, in WSO2's words. */
const address = z.string().max(64);
const invert = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);
const conditionStatus = z
  .boolean()
  .nullish()
  .transform((given) => given ?? true);
const fixedIp = z.object({ fixedIp: address, invert });
const range = z.object({ startingIp: address, endingIp: address, invert });

/** POST of a deny policy. */
export const denyBody = z.discriminatedUnion('conditionType', [
  z.object({ conditionType: z.literal('API'), conditionValue: text, conditionStatus }),
  z.object({ conditionType: z.literal('APPLICATION'), conditionValue: text, conditionStatus }),
  z.object({ conditionType: z.literal('USER'), conditionValue: text, conditionStatus }),
  z.object({ conditionType: z.literal('IP'), conditionValue: fixedIp, conditionStatus }),
  z.object({ conditionType: z.literal('IPRANGE'), conditionValue: range, conditionStatus }),
]);

export function toCondition({ conditionStatus: _, ...condition }: z.output<typeof denyBody>): DenyCondition {
  return condition;
}

export const denyAnswer = z.object({
  conditionId: z.string(),
  conditionType: z.string(),
  conditionValue: z.union([z.string(), z.looseObject({})]),
  conditionStatus: z.boolean(),
});

export function denyView({ id, conditionType, conditionValue, enabled }: DenyRule): z.output<typeof denyAnswer> {
  return {
    conditionId: id,
    conditionType,
    conditionValue: typeof conditionValue === 'string' ? conditionValue : { ...conditionValue },
    conditionStatus: enabled,
  };
}

/** `conditionType:X&conditionValue:Y`; a value in quotation marks is the whole value, any other a part of it. */
export function denyFilter(query: string | undefined): (rule: DenyRule) => boolean {
  const terms = new Map<string, string>();
  for (const term of (query ?? '').split('&')) {
    const colon = term.indexOf(':');
    if (colon > 0) terms.set(term.slice(0, colon).trim(), term.slice(colon + 1).trim());
  }
  const type = terms.get('conditionType');
  const value = terms.get('conditionValue') ?? '';
  const whole = /^"(.*)"$/s.exec(value)?.[1];
  return (rule) =>
    (type === undefined || rule.conditionType === type) &&
    valuesOf(rule).some((each) => (whole === undefined ? each.includes(value) : each === whole));
}

function valuesOf({ conditionValue }: DenyRule): string[] {
  if (typeof conditionValue === 'string') return [conditionValue];
  return Object.values(conditionValue).filter((each): each is string => typeof each === 'string');
}
