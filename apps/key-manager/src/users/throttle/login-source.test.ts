import { describe, expect, it } from 'vitest';
import { createSources, isAddressRange, networkOf } from './login-source.js';

const key = Buffer.alloc(32, 1);

describe('the network of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', 'unknown'],
    ['unix', 'unknown'],
    ['192.0.2.1, 10.0.0.1', 'unknown'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the source of a login', () => {
  const sourceOf = createSources(key, ['10.0.0.0/8', '2001:db8:ff::/48', '198.51.100.7']);

  it.each([
    ['ALICE', '192.0.2.1'],
    ['alice@carbon.super', '192.0.2.1'],
    ['PRIMARY/Alice', '::ffff:192.0.2.1'],
  ])('is the same for %s from %s as for alice', (username, address) => {
    expect(sourceOf(username, address)).toEqual(sourceOf('alice', '192.0.2.1'));
  });

  it('differs by user and by network', () => {
    const sources = [
      sourceOf('alice', '192.0.2.1'),
      sourceOf('alice', '192.0.2.2'),
      sourceOf('alice@other', '192.0.2.1'),
      sourceOf('bob', '192.0.2.1'),
    ];
    expect(new Set(sources.map(({ login }) => login)).size).toBe(4);
    expect(new Set(sources.map(({ network }) => network)).size).toBe(2);
  });

  it('tells neither the name nor the address, and needs the server key', () => {
    const source = sourceOf('alice', '192.0.2.1');
    expect(source.login).toMatch(/^[\w-]{22}$/);
    expect(source.network).toMatch(/^[\w-]{22}$/);
    expect(createSources(Buffer.alloc(32, 2), [])('alice', '192.0.2.1')).not.toEqual(source);
  });

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:ff:1::1', '198.51.100.7'])(
    'has no network when %s stands for many users',
    (address) => {
      const { login, network } = sourceOf('alice', address);
      expect(network).toBeUndefined();
      expect(login).not.toBe(sourceOf('bob', address).login);
    },
  );

  it('takes any text for a name', () => {
    for (const name of ['', '\0', '\ud800', '@', '/', 'x'.repeat(100_000)]) {
      expect(sourceOf(name, '192.0.2.1').login).toMatch(/^[\w-]{22}$/);
    }
  });
});

describe('an address range in the settings', () => {
  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['::1', true],
    ['2001:db8::/32', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/8/8', false],
    ['localhost', false],
    ['', false],
  ])('%s: %s', (text, expected) => {
    expect(isAddressRange(text)).toBe(expected);
  });
});
