import { describe, expect, it } from 'vitest';
import { isWellFormed } from './well-formed.js';

describe('well-formed XML', () => {
  it.each([
    '<a/>',
    '<a></a>',
    '<a b="1" c=\'2\'>x &amp; y<b/>\n</a>',
    '<p:a xmlns:p="u:v"><p:b/></p:a>',
    '<a b=">"/>',
    '<a></a >',
  ])('is %s', (xml) => {
    expect(isWellFormed(xml)).toBe(true);
  });

  it.each([
    ...['', 'x', '<a>', '</a>', '<a></b>', '<a><b></a></b>', '<a/><b/>', '<a/>x', 'x<a/>', '<a b/>', '<a b=1/>'],
    ...['<a b="1" b="2"/>', '<a b="<"/>', '<a', '<a b="', '< a/>', '<a></a b="1">', '<a></a/>', '<a><</a>'],
  ])('is not %s', (xml) => {
    expect(isWellFormed(xml)).toBe(false);
  });

  it('is read in a time that grows with its length', () => {
    expect(isWellFormed(`<a${' '.repeat(60_000)}`)).toBe(false);
    expect(isWellFormed(`<a ${'b="1" '.repeat(10_000)}`)).toBe(false);
    expect(isWellFormed('<a>'.repeat(20_000))).toBe(false);
  });
});
