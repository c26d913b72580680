import type { Ajv2020 } from 'ajv/dist/2020.js';
import { countStep } from './check-work.js';

/** Beside each reference inside a document, so that following it is counted. */
export const stepKeyword = 'x-keygate-step';

/** What the library does not have, or not within bounds. */
export function addKeywords(ajv: Ajv2020): void {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: areUnique });
  // Before the reference is followed: behind it, one that does not fit would not be counted.
  ajv.addKeyword({ keyword: stepKeyword, before: '$ref', validate: countStep });
}

/** The library compares every item with every other one, which a long list makes a matter of minutes. */
function areUnique(isAsked: boolean, list: readonly unknown[]): boolean {
  return !isAsked || new Set(list.map((item) => JSON.stringify(item, inOrder))).size === list.length;
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
