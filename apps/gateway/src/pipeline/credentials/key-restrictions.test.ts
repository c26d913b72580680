import { describe, expect, it } from 'vitest';
import { compileRestrictions } from './key-restrictions.js';

const allows = (ips: string[], referers: string[], address: string, referer?: string) =>
  compileRestrictions(ips, referers)?.allows(address, referer);

describe('the addresses of an API key', () => {
  it.each([
    [['192.0.2.1'], '192.0.2.1', true],
    [['192.0.2.1'], '192.0.2.10', false],
    [['192.0.2.0/24', '10.0.0.1'], '192.0.2.200', true],
    [['192.0.2.0/24'], '192.0.3.1', false],
    [['2001:db8::/32'], '2001:db8:1::7', true],
    [['2001:db8::1'], '2001:0db8:0:0:0:0:0:1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['192.0.2.0/24'], '2001:db8::1', false],
    [[' 192.0.2.1 '], '192.0.2.1', true],
    [['nonsense', '192.0.2.0/99', '::/1/2'], '192.0.2.1', false],
    [['192.0.2.1'], '', false],
  ])('%j and %s: %s', (ips, address, answer) => {
    expect(allows(ips, [], address)).toBe(answer);
  });
});

describe('the referers of an API key', () => {
  it.each([
    [['www.example.com/path'], 'https://www.example.com/path', true],
    [['www.example.com/path'], 'https://www.example.com/path/more', false],
    [['www.example.com/path'], 'https://www.example.com/', false],
    [['www.example.com/*'], 'https://www.example.com/any/path?x=1', true],
    [['www.example.com/*'], 'http://WWW.example.com', true],
    [['www.example.com/*'], 'https://www.example.com.evil.org/', false],
    [['www.example.com/*'], 'https://www.example.com@evil.org/', false],
    [['*.example.com/*'], 'https://shop.example.com/cart', true],
    [['*.example.com/*'], 'https://a.b.example.com', true],
    [['*.example.com/*'], 'https://example.com/', false],
    [['*.example.com/*'], 'https://evil-example.com/', false],
    [['*.example.com/*'], 'https://evil.org/?.example.com/', false],
    [['https://www.example.com'], 'https://www.example.com/', true],
    [['www.example.com/*'], undefined, false],
  ])('%j and %s: %s', (referers, referer, answer) => {
    expect(allows([], referers, '192.0.2.1', referer)).toBe(answer);
  });

  it('count together with the addresses', () => {
    expect(allows(['192.0.2.1'], ['a.test/*'], '192.0.2.1', 'https://a.test/')).toBe(true);
    expect(allows(['192.0.2.1'], ['a.test/*'], '192.0.2.2', 'https://a.test/')).toBe(false);
    expect(compileRestrictions([], [])).toBeUndefined();
  });
});
