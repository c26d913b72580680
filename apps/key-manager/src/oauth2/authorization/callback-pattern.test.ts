import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from './callback-pattern.js';

describe('a callback pattern of WSO2', () => {
  it.each([
    ['https://shop.example/cb', 'https://shop.example/cb', true],
    ['(https://a.example/cb|https://b.example/cb)', 'https://b.example/cb', true],
    ['(https://a.example/cb|https://b.example/cb)', 'https://b.example/cb2', false],
    ['^https://a\\.example/cb$', 'https://a.example/cb', true],
    ['https?://localhost:\\d+/cb', 'http://localhost:8080/cb', true],
    ['https?://localhost:\\d+/cb', 'http://localhost:/cb', false],
    ['https://a\\.example/(cb|callback)/?', 'https://a.example/callback/', true],
    ['https://a\\.example/.*', 'https://a.example/x/y?z=1', true],
    ['https://[a-z]+\\.example/cb', 'https://abc.example/cb', true],
    ['https://[^a-z]+\\.example/cb', 'https://abc.example/cb', false],
    ['https://a\\.example/v[0-9]{1,2}', 'https://a.example/v12', true],
    ['https://a\\.example/v[0-9]{1,2}', 'https://a.example/v123', false],
    ['https://a\\.example/v[0-9]{2}', 'https://a.example/v1', false],
    ['https://a\\.example/v[0-9]{2,}', 'https://a.example/v1234', true],
    ['https://a\\.example/[\\w-]+', 'https://a.example/a_b-c', true],
    ['https://.*\\.a\\.example/cb', 'https://x.y.a.example/cb', true],
    ['https://a\\.example.*', 'https://a.example', true],
    ['https://10\\.0\\.0\\.\\d+:\\d+/cb', 'https://10.0.0.7:8443/cb', true],
    ['(?:https://a\\.example)+/cb', 'https://a.example/cb', true],
  ])('%s, for %s: %s', (pattern, uri, expected) => {
    expect(matchesPattern(pattern, uri)).toBe(expected);
  });

  it.each([
    ['https://.*\\.a\\.example/cb', 'https://evil.example/x.a.example/cb'],
    ['https://.*\\.a\\.example/cb', 'https://evil.example?x.a.example/cb'],
    ['https://.*', 'https://evil.example/cb'],
    ['.*', 'https://evil.example/'],
    ['.*a\\.example/cb', 'https://evil.example/a.example/cb'],
    ['https://a\\.example[^x]*', 'https://a.example.evil.example/'],
    ['https://a\\.example.*', 'https://a.example.evil.example'],
    ['https://a\\.example.*', 'https://a.example.evil.example:8443'],
    ['https://a\\.example[\\w.]*/cb', 'https://a.example.evil.example/cb'],
    ['https://.*', 'https://evil.example'],
  ])('%s does not let %s end the host where the pattern does not', (pattern, uri) => {
    expect(matchesPattern(pattern, uri)).toBe(false);
  });

  it.each([
    'https://a.example/(cb',
    'https://a.example/cb)',
    '[',
    '*',
    'a{2,1}',
    '(?=https://a.example/cb).*',
    '(?<!x)https://a.example/cb',
    '(https)://\\1/cb',
    'https://a.example/cb\\b',
    `https://a.example/${'a'.repeat(600)}`,
    '(((((https://a.example/cb){9}){9}){9}){9}){9}',
  ])('%s is not understood and matches nothing', (pattern) => {
    expect(matchesPattern(pattern, 'https://a.example/cb')).toBe(false);
  });

  it.each(['(a+)+b', '(a|a)*b', '(a*)*b', '(.*)(.*)(.*)(.*)(.*)(.*)b'])('%s costs no more than it is long', (tail) => {
    // A backtracking matcher would not come to an end within the life of the machine.
    expect(matchesPattern(`https://a\\.example/${tail}`, `https://a.example/${'a'.repeat(900)}`)).toBe(false);
  });

  it.each(['a*'.repeat(240), '(.{0,300})*b'])('%s, which would keep the process busy, matches nothing', (tail) => {
    expect(matchesPattern(`https://a/${tail}`, `https://a/${'a'.repeat(1_000)}`)).toBe(false);
  });

  it('matches what a regular expression matches', () => {
    const piece = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('a', 'b', '.', '\\d', '\\.', '[ab]', '[^a]', '[a-c1]', '[\\d-]'),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
        fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((parts) => `(${parts.join('|')})`),
        fc
          .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}'))
          .map(([part, times]) => `(?:${part})${times}`),
      ),
    })).node as fc.Arbitrary<string>;
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '-'), maxLength: 8 });
    fc.assert(
      fc.property(piece, text, (pattern, rest) => {
        fc.pre(pattern.length < 200);
        const prefix = 'https://a.example/';
        const expected = new RegExp(`^(?:${pattern})$`).test(rest);
        expect(matchesPattern(`https://a\\.example/(?:${pattern})`, prefix + rest)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });
});
