import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { maxTokenLength, tokenHash } from './token-hash.js';

describe('tokenHash', () => {
  it.each([
    ['32 hex digits', '2b0a0d4fa8f2b3a4c5d6e7f8091a2b3c'],
    ['a UUID', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['a JWT', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln_-bmF0dXJl'],
    ['any b64token', 'a-._~+/=='],
    ['the longest', 'x'.repeat(maxTokenLength)],
  ])('is SHA-256 for %s', (_, token) => {
    expect(tokenHash(token)).toEqual(createHash('sha256').update(token).digest());
  });

  it.each(['', ' ', 'a b', 'a\n', '=a', 'é', 'a\0', '<script>', 'x'.repeat(maxTokenLength + 1)])(
    'is undefined for %j, which can be no token',
    (text) => expect(tokenHash(text)).toBeUndefined(),
  );
});
