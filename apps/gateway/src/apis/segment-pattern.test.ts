import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesSegment, parseSegment, type SegmentPattern } from './segment-pattern.js';

function pattern(segment: string): SegmentPattern {
  const parsed = parseSegment(segment);
  if (parsed === undefined) throw new Error(`${segment} has no variable`);
  return parsed;
}

describe('a segment of a target', () => {
  it('is literal without variables', () => {
    expect(parseSegment('pets')).toBeUndefined();
  });

  it.each([
    ['{x}', 'a', true],
    ['{x}', '', false],
    ['*', 'a', true],
    ['v{x}', 'v1', true],
    ['v{x}', 'v', false],
    ['{x}.json', 'a.json', true],
    ['{x}.json', 'a.json.json', true],
    ['{a}-{b}', 'x-y', true],
    ['{a}-{b}', 'x-', false],
    ['{a}-{b}', '-y', false],
    ['{a}-{b}-{c}', '1-2-3', true],
    ['{a}-{b}-{c}', '1-2', false],
    ['{a}aa', 'aa', false],
    ['{a}~{b}_{c}', 'x~y_z', true],
  ])('%s on %j: %s', (text, segment, expected) => {
    expect(matchesSegment(pattern(text), segment)).toBe(expected);
  });

  it('always matches its own text with the variables filled in', () => {
    const word = fc.stringMatching(/^[a-z]{1,5}$/);
    const separator = fc.constantFrom('-', ',', '.', '~', '_');
    fc.assert(
      fc.property(fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 4 }), word, (parts, last) => {
        const template = `${parts.map(([, mark]) => `{x}${mark}`).join('')}{x}`;
        const value = `${parts.map(([text, mark]) => text + mark).join('')}${last}`;
        expect(matchesSegment(pattern(template), value)).toBe(true);
      }),
    );
  });
});
