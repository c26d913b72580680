import type { z } from 'zod';

/** Everything that is wrong with a configuration, each problem as one sentence with the setting and its origin. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';

  constructor(readonly problems: readonly string[]) {
    super(
      problems.length === 1
        ? `configuration: ${problems[0]}`
        : `configuration: ${problems.length} problems\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
};

/** What is wrong, in words. `secret` keeps the offending value out of the sentence. */
export function inWords(issue: z.core.$ZodIssue, value: unknown, secret: boolean): string {
  const instead = secret || value === undefined ? '' : `, not ${shown(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'is required';
      return `must be ${kinds[issue.expected] ?? issue.expected}${instead}`;
    case 'too_small':
      return `must be ${sizeWords(issue.origin, 'at least', Number(issue.minimum))}${instead}`;
    case 'too_big':
      return `must be ${sizeWords(issue.origin, 'at most', Number(issue.maximum))}${instead}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}${instead}`;
    case 'invalid_format':
      return `${formatWords(issue)}${instead}`;
    case 'invalid_union':
      return `${unionWords(issue, value, secret)}${instead}`;
    default:
      return issue.message;
  }
}

function sizeWords(origin: string, bound: string, size: number): string {
  if (origin === 'string') return `${bound} ${size} character${size === 1 ? '' : 's'} long`;
  if (origin === 'array') return `a list of ${bound} ${size}`;
  return `${bound} ${size}`;
}

function formatWords(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.format === 'url') return 'must be a URL';
  if (issue.format === 'regex' && issue.message.startsWith('Invalid')) return `must match ${issue.pattern}`;
  return issue.message;
}

function unionWords(issue: z.core.$ZodIssueInvalidUnion, value: unknown, secret: boolean): string {
  const alternatives = issue.errors.flatMap((problems) =>
    problems.slice(0, 1).map((problem) =>
      // The value is named once, after the alternatives.
      inWords(problem, secret ? undefined : value, true).replace(/^must be /, ''),
    ),
  );
  return `must be ${alternatives.join(', or ')}`;
}
