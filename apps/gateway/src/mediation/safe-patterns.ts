import { RE2JS } from 're2js';
import { countPattern } from './check-work.js';

/** As ajv asks for one: `code.regExp`. */
export interface PatternEngine {
  (pattern: string, flags: string): { test(text: string): boolean };
  readonly code: string;
}

/**
 * Patterns of an API's document run on what strangers send: an engine that backtracks could be made to run for minutes
 * by one request. RE2 takes time linear in the text and in the pattern, both of which are bounded; what it does not offer (backreferences, lookaround) it refuses.
 */
export const linearPatterns: PatternEngine = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    const size = compiled.programSize();
    return { test: (text: string) => countPattern(text, size, () => compiled.matcher(text).find()) };
  },
  { code: 'linearPatterns' },
);
