import { describe, expect, it } from 'vitest';
import { isLoopback, weakness } from './index.js';

describe('a password that others may try', () => {
  it.each([
    'admin',
    'Password1!',
    'changeme',
    'change-me-2026',
    'short',
    'aaaaaaaaaaaaaaaa',
    'keygate123',
    'welcome 123456',
    '1234567890123',
    '',
  ])('%j is weak', (password) => {
    expect(weakness(password)).toBeDefined();
  });

  it.each(['correct horse battery', 'q99KGD2EvHuYjqDHWPvw'])('%s is not', (password) => {
    expect(weakness(password)).toBeUndefined();
  });

  it('is not repeated', () => {
    expect(weakness('keygate123')).not.toContain('keygate123');
  });
});

describe('loopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost', 'LOCALHOST'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', ''])(
    'is not %j',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});
