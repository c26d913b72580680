import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget, suffixOf } from './request-target.js';
import { faultOf } from './test/exchange.js';

const parse = (target: string) => parseTarget(target, 8192);

describe('a request target', () => {
  it.each([
    ['/', [], undefined],
    ['/a', ['a'], undefined],
    ['/a/', ['a'], undefined],
    ['/a/b?x=1&y=%2f../', ['a', 'b'], 'x=1&y=%2f../'],
    ['/a?', ['a'], ''],
    ['/a??b=/\\', ['a'], '?b=/\\'],
    ['/%61%7E', ['a~'], undefined],
    ['/a%20b', ['a b'], undefined],
    ['/caf%C3%A9', ['café'], undefined],
    ['/%252e%252e/x', ['%2e%2e', 'x'], undefined],
    ['/a..b/...x/.hidden/x..', ['a..b', '...x', '.hidden', 'x..'], undefined],
    ["/a:@!$&'()*+,=-._~b", ["a:@!$&'()*+,=-._~b"], undefined],
  ])('%s is taken', (target, segments, query) => {
    expect(parse(target)).toMatchObject({ segments, query, withParameters: undefined });
    expect(parse(target).path + (query === undefined ? '' : `?${query}`)).toBe(target);
  });

  it.each([
    '',
    'a',
    '*',
    'http://gateway.test/a',
    'HTTP://gateway.test/a',
    '//a',
    '/a//b',
    '/a//',
    '//',
    '/.',
    '/..',
    '/./a',
    '/../a',
    '/a/.',
    '/a/..',
    '/a/../b',
    '/a/..?x',
    '/..;/a',
    '/a/.;x=1/b',
    '/;/a',
    '/;x=1',
    '/a/;x',
    '/a/..%3b/b',
    '/%3bx/b',
    '/.%3B',
    '/a\\b',
    '/a\\..\\b',
    '/%2e%2e/a',
    '/%2E./a',
    '/.%2e/a',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '/a%0d%0aX',
    '/a%1f',
    '/a%7f',
    '/%zz',
    '/a%',
    '/a%4',
    '/%c0%af',
    '/%e0%80%af',
    '/%ff',
    '/a b',
    '/a\tb',
    '/a\u0000b',
    '/a\u007f',
    '/é',
    '/a?é',
    '/a?b c',
    '/a#b',
    '/a?b#c',
  ])('%j is refused', (target) => {
    const { fault, description } = faultOf(() => parse(target));
    expect(fault).toBe('badRequest');
    // What was sent is never repeated.
    expect(description).toMatch(/^The (request target|path) /);
  });

  it('is refused with 414 when too long', () => {
    expect(faultOf(() => parseTarget(`/${'a'.repeat(100)}`, 100)).fault).toBe('targetTooLong');
    expect(parseTarget(`/${'a'.repeat(99)}`, 100).segments).toHaveLength(1);
  });

  it('shows matrix parameters, also encoded ones, apart from the segments', () => {
    expect(parse('/a;v=1/b%3bx/c')).toMatchObject({ segments: ['a', 'b', 'c'], withParameters: ['a;v=1', 'b;x', 'c'] });
  });

  it('never lets any spelling through that a decoder could turn into another path', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '..',
      '/',
      '//',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      ';',
      '%',
      '%6',
      '%61',
      '%c0',
      '?',
      '#',
      'é',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        let parsed: ReturnType<typeof parse>;
        try {
          parsed = parse(target);
        } catch {
          return;
        }
        const read = decodeURIComponent(parsed.path);
        expect(read.split('/').filter((part) => part === '..' || part === '.')).toEqual([]);
        expect(read).not.toMatch(/\/\/|\\|[^\x20-\x7e]/);
        expect(new URL(`http://host${parsed.path}`).pathname).toBe(parsed.path);
        expect(parsed.withParameters ?? parsed.segments).toEqual(read.replace(/\/$/, '').split('/').slice(1));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the suffix behind a context', () => {
  it.each([
    ['/a/b/c/d', 2, '/c/d'],
    ['/a/b/', 2, '/'],
    ['/a/b', 2, ''],
    ['/a', 0, '/a'],
    ['/%61/b/%63', 2, '/%63'],
  ])('%s behind %d segments is %j', (path, depth, expected) => {
    expect(suffixOf(path, depth)).toBe(expected);
  });
});
