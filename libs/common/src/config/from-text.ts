import type { z } from 'zod';
import { unwrap } from './settings-of.js';

const truths: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

interface Definition {
  readonly type: string;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/**
 * Turns the text of an environment variable or flag into what the setting's type wants: numbers, booleans
 * (`true/false`, `1/0`, `yes/no`, `on/off`) and comma-separated lists. Text that does not fit is handed on as it is,
 * so that the schema reports it.
 */
export function fromText(type: z.core.$ZodType, text: string): unknown {
  const definition = unwrap(type)._zod.def as unknown as Definition;
  switch (definition.type) {
    case 'number':
    case 'int':
      return numberFrom(text);
    case 'boolean':
      return truths.get(text.trim().toLowerCase()) ?? text;
    case 'array':
      return listFrom(definition.element, text);
    case 'union':
      return definition.options?.some((option) => takesNumbers(option)) ? numberFrom(text) : text;
    default:
      return text;
  }
}

function numberFrom(text: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}

function listFrom(element: z.core.$ZodType | undefined, text: string): unknown[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return element ? items.map((item) => fromText(element, item)) : items;
}

function takesNumbers(type: z.core.$ZodType): boolean {
  const definition = unwrap(type)._zod.def as unknown as { type: string; values?: readonly unknown[] };
  if (definition.type === 'literal') return definition.values?.every((value) => typeof value === 'number') ?? false;
  return definition.type === 'number' || definition.type === 'int';
}
