import { describe, expect, it } from 'vitest';
import { createSecretBox, isSealed, UnreadableSecret } from './secret-box.js';

const box = createSecretBox(Buffer.alloc(32, 1));
const sealed = box.seal('hünter2', 'api-1');
const at = sealed.lastIndexOf(':') + 1;

function flipped(position: number): string {
  const bytes = Buffer.from(sealed.slice(at), 'base64url');
  bytes[position] = (bytes[position] ?? 0) ^ 1;
  return sealed.slice(0, at) + bytes.toString('base64url');
}

describe('a sealed secret', () => {
  it.each(['hünter2', 'x', 'p'.repeat(10_000)])('opens again: %#', (secret) => {
    expect(box.open(box.seal(secret, 'api-1'), 'api-1')).toBe(secret);
  });

  it('does not show the secret, nor that two are the same', () => {
    expect(sealed).not.toContain('nter2');
    expect(isSealed(sealed)).toBe(true);
    expect(box.seal('hünter2', 'api-1')).not.toBe(sealed);
  });

  it('opens in every process that has the server key', () => {
    expect(createSecretBox(Buffer.alloc(32, 1)).open(sealed, 'api-1')).toBe('hünter2');
  });

  it('says so when the server key is another one', () => {
    const other = createSecretBox(Buffer.alloc(32, 2));
    expect(() => other.open(sealed, 'api-1')).toThrow('was sealed with another server key');
  });

  it.each([0, 12, 20, -1])('does not open when byte %i was changed', (position) => {
    const tampered = flipped(position < 0 ? Buffer.from(sealed.slice(at), 'base64url').length - 1 : position);
    expect(() => box.open(tampered, 'api-1')).toThrow(UnreadableSecret);
  });

  it('does not open for another API', () => {
    expect(() => box.open(sealed, 'api-2')).toThrow('belongs to something else');
  });

  it.each([
    ['clear text', 'hunter2', 'is not a sealed secret'],
    ['the mark alone', sealed.slice(0, 18), 'is not a sealed secret'],
    ['less than a tag', sealed.slice(0, at + 20), 'is cut short'],
    ['a part', sealed.slice(0, -4), 'was changed'],
  ])('is not %s', (_, given, message) => {
    expect(() => box.open(given, 'api-1')).toThrow(message);
  });

  it('needs a server key of 32 bytes', () => {
    expect(() => createSecretBox(Buffer.alloc(31))).toThrow('shorter than 32 bytes');
  });
});
