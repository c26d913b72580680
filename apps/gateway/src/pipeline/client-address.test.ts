import { describe, expect, it } from 'vitest';
import { addressSet } from '../apis/address.js';
import { clientAddressOf } from './client-address.js';

const trusted = addressSet(['10.0.0.0/8', '2001:db8::/32']).has;
const forwarded = (...values: string[]) => values.flatMap((value) => ['X-Forwarded-For', value]);

describe('who calls', () => {
  it.each<[string, string, string[], string]>([
    ['who is connected, whatever he says', '192.0.2.1', ['198.51.100.9'], '192.0.2.1'],
    ['whom a proxy names', '10.0.0.1', ['198.51.100.9'], '198.51.100.9'],
    ['the last whom no proxy of ours is', '10.0.0.1', ['1.1.1.1, 198.51.100.9, 10.0.0.2'], '198.51.100.9'],
    ['by several lines in order', '10.0.0.1', ['1.1.1.1', '198.51.100.9, 10.0.0.2'], '198.51.100.9'],
    ['the proxy itself when it names nobody', '10.0.0.1', [], '10.0.0.1'],
    ['the proxy itself when it names no address', '10.0.0.1', ['1.1.1.1, unknown'], '10.0.0.1'],
    ['the first of a chain of ours', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
    ['without a port', '10.0.0.1', ['198.51.100.9:4711'], '198.51.100.9'],
    ['IPv6 in brackets', '2001:db8::1', ['[2001:db9::7]:4711'], '2001:db9::7'],
    ['IPv4 in IPv6', '10.0.0.1', ['::ffff:198.51.100.9'], '198.51.100.9'],
    ['a proxy on a dual-stack port', '::ffff:10.0.0.1', ['198.51.100.9'], '198.51.100.9'],
  ])('is %s', (_, peer, values, expected) => {
    expect(clientAddressOf(peer, forwarded(...values), trusted)).toBe(expected);
  });

  it('is looked for no further than a chain can be long', () => {
    const chain = [...Array.from({ length: 100 }, () => '10.0.0.2')];
    expect(clientAddressOf('10.0.0.1', forwarded(['198.51.100.9', ...chain].join(',')), trusted)).toBe('10.0.0.2');
  });
});
