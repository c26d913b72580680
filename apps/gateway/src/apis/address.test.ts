import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, addressRange, addressSet, isWithin, networkRange } from './address.js';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

describe('addresses', () => {
  it('are the same however they are written', () => {
    const written = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001', '2001:db8::0.0.0.1', '2001:db8::1%eth0'];
    expect(new Set(written.map(addressKey)).size).toBe(1);
    expect(addressKey('::ffff:192.0.2.1')).toBe(addressKey('192.0.2.1'));
    expect(addressKey('::')).toBe(`6${'0'.repeat(32)}`);
  });

  it.each(['', 'x', '1.2.3', '1.2.3.4.5', '256.1.1.1', '::1::', '1.2.3.4/8', ' 1.2.3.4'])('%j is none', (text) => {
    expect(addressKey(text)).toBeUndefined();
  });

  it('are within a network exactly when Node says so', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.tuple(ipv4, ipv4, fc.nat(32)), fc.tuple(ipv6, ipv6, fc.nat(128))),
        ([net, other, bits]) => {
          const family = isIPv4(net) ? 'ipv4' : 'ipv6';
          const list = new BlockList();
          list.addSubnet(net, bits, family);
          const range = networkRange(`${net}/${bits}`);
          const key = addressKey(other);
          // Mapped addresses change their family here on purpose.
          fc.pre(range !== undefined && key !== undefined && range.first.length === range.last.length);
          fc.pre(!net.toLowerCase().includes('ffff:') && !other.toLowerCase().includes('ffff:'));
          return isWithin(range, key) === list.check(other, family);
        },
      ),
    );
  });

  it('of one family are in no range of the other', () => {
    const range = addressRange('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
    expect(range && isWithin(range, addressKey('192.0.2.1') ?? '')).toBe(false);
    expect(addressRange('192.0.2.1', '2001:db8::1')).toBeUndefined();
    expect(addressRange('192.0.2.9', '192.0.2.1')).toBeUndefined();
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', 'host/8'])('%s is no network', (text) => {
    expect(networkRange(text)).toBeUndefined();
    expect(() => addressSet([text])).toThrow(text);
  });

  it('belong to a set by network or by themselves', () => {
    const set = addressSet(['10.0.0.0/8', '2001:db8::1']);
    expect(['10.255.0.1', '::ffff:10.1.1.1', '2001:db8::1'].every(set.has)).toBe(true);
    expect(['11.0.0.1', '2001:db8::2', '', 'unix'].some(set.has)).toBe(false);
  });
});
