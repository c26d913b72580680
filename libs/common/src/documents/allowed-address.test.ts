import { describe, expect, it } from 'vitest';
import { isAllowedAddress, isLoopback } from './allowed-address.js';

describe('addresses that may be asked for a document', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '2606:4700:4700::1111'])(
    'lets %s of the Internet pass',
    (address) => {
      expect(isAllowedAddress(address, false)).toBe(true);
    },
  );

  it.each([
    ...['127.0.0.1', '127.8.9.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1'],
    ...[
      '198.18.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:8.8.8.8',
      'fc00::1',
      'fdff::1',
      '64:ff9b::a00:1',
    ],
    ...['2002:7f00:1::', '2001:0:1::1', '2001:db8::1'],
  ])('refuses %s unless private networks are allowed', (address) => {
    expect(isAllowedAddress(address, false)).toBe(false);
    expect(isAllowedAddress(address, true)).toBe(true);
  });

  it.each([
    ...[
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '0.0.0.0',
      '::',
      'fe80::1',
      'fd00:ec2::254',
      '224.0.0.1',
    ],
    ...['255.255.255.255', 'ff02::1', '100.100.100.200', 'localhost', '', '1.2.3', '0x7f000001'],
  ])('refuses %j whatever is allowed', (address) => {
    expect(isAllowedAddress(address, true)).toBe(false);
  });

  it('knows this machine', () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'].every(isLoopback)).toBe(true);
    expect(isLoopback('10.0.0.1')).toBe(false);
  });
});
