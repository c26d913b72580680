import { parse } from 'yaml';
import { Refusal } from '../../refusal.js';
import { checkDefinition, type DefinitionError } from './check-definition.js';
import type { Definition } from './definition.js';

/** What a text says, or `undefined` when it is neither JSON nor YAML. */
export function parsedDefinition(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      // Aliases could make a small text a huge document.
      return parse(text, { maxAliasCount: 0, schema: 'core' });
    } catch {
      return undefined;
    }
  }
}

/** A document that can be used; refused with the first thing that is wrong. */
export function readDefinition(text: string): Definition {
  const value = parsedDefinition(text);
  const [problem] = checkDefinition(value);
  if (problem) throw new Refusal('definition_invalid', problem.description);
  return value as Definition;
}

export interface Validation {
  readonly isValid: boolean;
  readonly content: string | null;
  readonly info: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly DefinitionError[];
}

/** The same as an answer and not as a refusal. */
export function validateDefinition(text: string): Validation {
  const value = parsedDefinition(text);
  const errors = checkDefinition(value);
  if (errors.length > 0) return { isValid: false, content: null, info: null, errors };
  const document = value as Definition;
  const { title, version, description } = document.info as Record<string, unknown>;
  const openAPIVersion = document.openapi ?? document.swagger;
  const info = { name: title, version, description: description ?? null, context: null, openAPIVersion };
  return { isValid: true, content: JSON.stringify(document), info, errors: [] };
}
