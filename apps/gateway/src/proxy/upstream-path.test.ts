import { describe, expect, it } from 'vitest';
import { parseUpstream } from '../apis/upstream-url.js';
import type { Exchange } from '../pipeline/exchange.js';
import { upstreamPath } from './upstream-path.js';

function pathOf(url: string, target: string, requested: string): string {
  const upstream = parseUpstream(url);
  if (typeof upstream === 'string') throw new Error(upstream);
  const [suffix = '', query] = requested.split(/\?(.*)/s);
  return upstreamPath({ route: { suffix, query, resource: { target } } } as unknown as Exchange, upstream);
}

describe('the path at the backend', () => {
  it.each([
    ['http://b', '/*', '', '/'],
    ['http://b/base/', '/*', '/x', '/base/x'],
    ['http://b/base?key=1', '/*', '/x?y=2', '/base/x?key=1&y=2'],
    ['http://b/base?key=1', '/*', '/x?', '/base/x?key=1'],
    ['http://b', '/*', '/a%2Cb?c=%20', '/a%2Cb?c=%20'],
  ])('%s for %s and %s', (url, target, requested, expected) => {
    expect(pathOf(url, target, requested)).toBe(expected);
  });

  it.each([
    ['a variable, and the path after it', 'http://b/{uri.var.id}/x', '/pets/{id}', '/pets/7', '/7/x/pets/7'],
    ['two in one segment', 'http://b/{uri.var.lat}/{uri.var.lon}', '/at/{lat},{lon}', '/at/1,2', '/1/2/at/1,2'],
    ['reserved characters encoded', 'http://b/{uri.var.id}', '/{id}', '/a,b;c', '/a%2Cb%3Bc/a,b;c'],
    ['reserved characters kept', 'http://b/{+uri.var.id}', '/{id}', '/a,b:c', '/a,b:c/a,b:c'],
    ['what is encoded already', 'http://b/{uri.var.id}', '/{id}', '/a%20b%C3%A9', '/a%20b%C3%A9/a%20b%C3%A9'],
    ['all that follows', 'http://b/{+uri.var.rest}', '/f/{+rest}', '/f/x/y', '/x/y/f/x/y'],
    ['a variable nobody filled', 'http://b/a{uri.var.no}b', '/{id}', '/7', '/ab/7'],
    ['a query, and no path after it', 'http://b/x?q={uri.var.id}', '/{id}', '/a,b', '/x?q=a%2Cb'],
    ['a query beside the own', 'http://b/x?q={uri.var.id}', '/{id}', '/7?z=1', '/x?q=7&z=1'],
    ['the query template', 'http://b/{+uri.var.v}', '/q?p={+v}', '/q?p=a:b', '/a:b/q?p=a:b'],
  ])('fills in %s', (_, url, target, requested, expected) => {
    expect(pathOf(url, target, requested)).toBe(expected);
  });

  it('keeps a value in the part it is for', () => {
    expect(pathOf('http://b/{+uri.var.v}', '/q?p={+v}', '/q?p=a?b')).toBe('/a%3Fb/q?p=a?b');
    expect(pathOf('http://b/x?q={+uri.var.v}', '/{v}', '/a&b=c')).toBe('/x?q=a%26b=c');
    expect(pathOf('http://b/{+uri.var.v}', '/q?p={+v}', '/q?p=a#b')).toBe('/a%23b/q?p=a#b');
  });

  it.each(['..', '../admin', 'a/../../b', '%2e%2e/b', '..%2fadmin', '.', '..;x=1/b', '..\\b'])(
    'is refused when a value would lead elsewhere: %s',
    (value) => {
      expect(() => pathOf('http://b/p/{+uri.var.v}/x', '/q?p={+v}', `/q?p=${value}`)).toThrow('Bad Request');
    },
  );

  it.each([
    ['a variable in the host', 'http://{uri.var.host}/x', 'a variable may stand in the path and the query only'],
    ['one in the port', 'http://b:{uri.var.port}/x', 'not an absolute URL'],
    ['other braces', 'http://b/{x}', 'only {uri.var.NAME} and {+uri.var.NAME} may stand in a URL'],
    ['a user name', 'http://u:p@b/', 'a user name in the URL is not sent; use endpoint security'],
    ['another protocol', 'ftp://b/', 'cannot speak ftp:'],
  ])('is not made from %s', (_, url, problem) => {
    expect(parseUpstream(url)).toBe(problem);
  });
});
