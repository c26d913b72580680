import { describe, expect, it } from 'vitest';
import { splitApiKey } from './api-key-query.js';

describe('an API key in the query', () => {
  it.each([
    ['apikey=k', ['k'], undefined],
    ['a=1&apikey=k&b=%20', ['k'], 'a=1&b=%20'],
    ['%61pikey=k&a', ['k'], 'a'],
    ['apikey=a%2Bb%3D', ['a+b='], undefined],
    ['apikey', [''], undefined],
    ['apikey=%zz&x', [''], 'x'],
    ['apikey=1&apikey=2', ['1', '2'], undefined],
  ])('%s', (query, keys, left) => {
    expect(splitApiKey(query)).toEqual({ keys, query: left });
  });

  it.each(['', 'a=1', 'myapikey=1', 'a=apikey', 'a=%20', '%zz=1', 'APIKEY=1'])('is not in %j', (query) => {
    expect(splitApiKey(query)).toBeUndefined();
  });
});
