import { expect, it } from 'vitest';
import { prefersXml } from './accept.js';

it.each([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['application/xml', true],
  ['text/xml', true],
  ['application/xml, application/json', false],
  ['application/xml, application/json;q=0.9', true],
  ['application/xml;q=0.5, */*;q=0.8', false],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
  ['application/*, text/xml', false],
  ['application/json;q=0, text/xml;q=0.1', true],
  ['APPLICATION/XML', true],
  ['application/xml;q=nonsense', false],
  [`${'a/b,'.repeat(5000)}application/xml`, false],
])('Accept: %.60s prefers XML: %s', (accept, expected) => {
  expect(prefersXml(accept)).toBe(expected);
});
