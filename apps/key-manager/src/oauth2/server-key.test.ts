import { describe, expect, it } from 'vitest';
import { createTokenValues, deriveClientSecret, newClientId } from './server-key.js';

const key = Buffer.alloc(32, 1);
const otherKey = Buffer.alloc(32, 2);
const salt = Buffer.alloc(16, 3);
const hex32 = /^[0-9a-f]{32}$/;

describe('createTokenValues', () => {
  const values = createTokenValues(key);

  it('makes random tokens of 32 lowercase hex digits and salts of 16 bytes', () => {
    const tokens = new Set(Array.from({ length: 1_000 }, () => values.random()));
    expect(tokens.size).toBe(1_000);
    for (const token of tokens) expect(token).toMatch(hex32);
    expect(values.salt()).toHaveLength(16);
    expect(values.salt()).not.toEqual(values.salt());
  });

  it('derives the same successor again, in every process that has the key', () => {
    const successor = values.successorOf('presented', salt);
    expect(createTokenValues(Buffer.from(key)).successorOf('presented', Buffer.from(salt))).toEqual(successor);
    expect(successor.accessToken).toMatch(hex32);
    expect(successor.refreshToken).toMatch(hex32);
    expect(successor.accessToken).not.toBe(successor.refreshToken);
  });

  it('derives another one from another token, salt or key', () => {
    const { accessToken } = values.successorOf('presented', salt);
    expect(values.successorOf('presenteD', salt).accessToken).not.toBe(accessToken);
    expect(values.successorOf('presented', Buffer.alloc(16, 4)).accessToken).not.toBe(accessToken);
    expect(createTokenValues(otherKey).successorOf('presented', salt).accessToken).not.toBe(accessToken);
  });

  it('refuses a short key and a salt of another length, which could be mistaken for part of the token', () => {
    expect(() => createTokenValues(Buffer.alloc(31))).toThrow('shorter than 32 bytes');
    expect(() => values.successorOf('presented', Buffer.alloc(15))).toThrow('16 bytes');
  });
});

describe('deriveClientSecret', () => {
  it('gives 40 alphanumerics, the same for the same id and key only', () => {
    const secret = deriveClientSecret(key, 'id-1');
    expect(secret).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(deriveClientSecret(key, 'id-1')).toBe(secret);
    expect(deriveClientSecret(key, 'id-2')).not.toBe(secret);
    expect(deriveClientSecret(otherKey, 'id-1')).not.toBe(secret);
  });

  it('uses the whole alphabet', () => {
    const letters = new Set(Array.from({ length: 100 }, (_, i) => deriveClientSecret(key, `id-${i}`)).join(''));
    expect(letters.size).toBe(62);
  });
});

it('newClientId gives 28 random alphanumerics', () => {
  const ids = new Set(Array.from({ length: 100 }, newClientId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]{28}$/);
});
