import { describe, expect, it } from 'vitest';
import type { CompiledResource } from './compiled-catalog.js';
import { ResourceTrie } from './resource-trie.js';

function trieOf(...resources: string[]): ResourceTrie {
  const trie = new ResourceTrie();
  for (const text of resources) {
    const [verb = '', target = ''] = text.split(' ');
    trie.add({ verb, target, authType: 'Any', scopes: [], throttlingTier: '' } satisfies CompiledResource);
  }
  return trie;
}

function find(trie: ResourceTrie, verb: string, path: string): string | undefined {
  const found = trie.find(path.split('/').filter(Boolean), 0, verb);
  return found && `${found.verb} ${found.target}`;
}

describe('finding a resource', () => {
  const trie = trieOf(
    'GET /pets',
    'GET /pets/mine',
    'GET /pets/{petId}',
    'DELETE /pets/{petId}',
    'POST /pets/{name}',
    'GET /pets/{petId}/toys/{toyId}',
    'GET /pets/mine/toys',
    'GET /files/{name}.json',
    'GET /files/{name}',
    'GET /at/{lat},{lon}',
    'GET /deep/*',
    'GET /rest/{+rest}',
    'GET /a/*/z',
    'PUT /*',
    'GET /search?q={+value}',
    'GET /caf%C3%A9',
  );
  it.each([
    ['GET', '/pets', 'GET /pets'],
    ['GET', '/pets/', 'GET /pets'],
    ['GET', '/pets/mine', 'GET /pets/mine'],
    ['GET', '/pets/7', 'GET /pets/{petId}'],
    ['DELETE', '/pets/mine', 'DELETE /pets/{petId}'],
    ['POST', '/pets/7', 'POST /pets/{name}'],
    ['GET', '/pets/mine/toys', 'GET /pets/mine/toys'],
    ['GET', '/pets/mine/toys/9', 'GET /pets/{petId}/toys/{toyId}'],
    ['GET', '/pets/7/toys', undefined],
    ['GET', '/files/a.json', 'GET /files/{name}.json'],
    ['GET', '/files/.json', 'GET /files/{name}'],
    ['GET', '/files/a.xml', 'GET /files/{name}'],
    ['GET', '/at/1,2', 'GET /at/{lat},{lon}'],
    ['GET', '/at/12', undefined],
    ['GET', '/at/1,', undefined],
    ['GET', '/deep', 'GET /deep/*'],
    ['GET', '/deep/a/b/c', 'GET /deep/*'],
    ['GET', '/rest/a/b', 'GET /rest/{+rest}'],
    ['GET', '/a/b/z', 'GET /a/*/z'],
    ['GET', '/a/b/c/z', undefined],
    ['PUT', '/pets', 'PUT /*'],
    ['PUT', '/', 'PUT /*'],
    ['GET', '/search', 'GET /search?q={+value}'],
    ['GET', '/café', 'GET /caf%C3%A9'],
    ['HEAD', '/pets/mine', 'GET /pets/mine'],
    ['GET', '/Pets', undefined],
    ['get', '/pets', undefined],
  ])('%s %s means %s', (verb, path, expected) => {
    expect(find(trie, verb, path)).toBe(expected);
  });

  it('takes a declared HEAD before the GET beside it', () => {
    expect(find(trieOf('GET /x', 'HEAD /x'), 'HEAD', '/x')).toBe('HEAD /x');
  });

  it('prefers the more particular target for HEAD even when a wider one declares it', () => {
    expect(find(trieOf('GET /x', 'HEAD /*'), 'HEAD', '/x')).toBe('GET /x');
  });

  it('lists the verbs of everything a path matches', () => {
    expect(trie.verbsAt(['pets', 'mine'], 0)).toEqual(['DELETE', 'GET', 'POST', 'PUT']);
    expect(trieOf('GET /x').verbsAt(['y'], 0)).toEqual([]);
  });

  it('starts behind the context', () => {
    expect(trie.find(['petstore', '1.0.0', 'pets'], 2, 'GET')?.target).toBe('/pets');
  });

  it('keeps the first of two equal declarations', () => {
    const equal = trieOf('GET /x/{a}');
    expect(equal.add({ verb: 'GET', target: '/x/{b}', authType: 'None', scopes: [], throttlingTier: '' })).toBe(false);
    expect(find(equal, 'GET', '/x/1')).toBe('GET /x/{a}');
  });

  it('is not fooled by names of Object.prototype', () => {
    expect(find(trieOf('GET /x'), 'GET', '/__proto__')).toBeUndefined();
    expect(find(trieOf('GET /x'), 'constructor', '/x')).toBeUndefined();
  });
});
