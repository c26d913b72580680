import { InvalidValue } from './errors.js';

/** PostgreSQL keeps no U+0000, and half a surrogate pair would come back as another character. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}

/** Throws `InvalidValue` when a text anywhere in `value` cannot be kept. */
export function assertStorable(value: unknown): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) throw new InvalidValue('A text holds U+0000 or half a surrogate pair');
  } else if (Array.isArray(value)) {
    value.forEach(assertStorable);
  } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const [key, member] of Object.entries(value)) {
      assertStorable(key);
      assertStorable(member);
    }
  }
}
