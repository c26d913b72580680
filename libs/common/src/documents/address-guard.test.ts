import type { LookupAddress } from 'node:dns';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AddressRefused, createAddressGuard } from './address-guard.js';

const open = { allowPrivateNetworks: true };

/** A resolver that gives one answer after the other, as a rebinding name server does. */
function resolver(...answers: LookupAddress[][]): never {
  const resolve = (_host: string, _options: unknown, answer: (error: null, found: LookupAddress[]) => void) =>
    setImmediate(() => answer(null, answers.length > 1 ? (answers.shift() ?? []) : (answers[0] ?? [])));
  return resolve as never;
}

const at = (address: string, family = 4): LookupAddress => ({ address, family });

function lookedUp(guard: ReturnType<typeof createAddressGuard>, all: boolean): Promise<unknown> {
  return new Promise((resolve) => {
    guard.lookup('backend.test', { all }, (error, address) => resolve(error ?? address));
  });
}

describe('an address guard', () => {
  it.each([
    ...['169.254.169.254', '169.254.1.1', '::ffff:169.254.169.254', '[::ffff:a9fe:a9fe]', 'fd00:ec2::254', 'fe80::1'],
    ...['0.0.0.0', '[::]', '224.0.0.1', 'ff02::1', '100.100.100.200', '168.63.129.16', '64:ff9b::a9fe:a9fe'],
  ])('refuses %s in place of a name', (host) => {
    expect(() => createAddressGuard(open).checkHost(host)).toThrow(AddressRefused);
  });

  it.each(['127.0.0.1', '[::1]', '10.1.2.3', '192.168.0.9', '8.8.8.8', 'backend.test'])('lets %s pass', (host) => {
    expect(() => createAddressGuard(open).checkHost(host)).not.toThrow();
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.2.3', '172.16.0.1', 'fd12::1'])(
    'refuses %s when private networks are not allowed',
    (host) => {
      expect(() => createAddressGuard({ allowPrivateNetworks: false }).checkHost(host)).toThrow(AddressRefused);
    },
  );

  it('lets link-local addresses pass when that is allowed, and still nothing that is nowhere', () => {
    const guard = createAddressGuard({ allowPrivateNetworks: false, allowLinkLocal: true });
    expect(['169.254.169.254', 'fe80::1', '::ffff:169.254.0.1'].every(guard.allows)).toBe(true);
    expect(['0.0.0.0', '::', '224.0.0.1'].some(guard.allows)).toBe(false);
  });

  it('judges what a name resolves to, in both forms Node asks for', async () => {
    const good = createAddressGuard(open, resolver([at('127.0.0.1'), at('::1', 6)]));
    expect(await lookedUp(good, true)).toEqual([at('127.0.0.1'), at('::1', 6)]);
    expect(await lookedUp(good, false)).toBe('127.0.0.1');
    const bad = createAddressGuard(open, resolver([at('127.0.0.1'), at('169.254.169.254')]));
    expect(await lookedUp(bad, true)).toBeInstanceOf(AddressRefused);
    expect(await lookedUp(createAddressGuard(open, resolver([])), true)).toBeInstanceOf(AddressRefused);
  });

  it('judges again at every connection, so that a name cannot be turned afterwards', async () => {
    const guard = createAddressGuard(open, resolver([at('127.0.0.1')], [at('169.254.169.254')]));
    expect(await lookedUp(guard, false)).toBe('127.0.0.1');
    const error = await new Promise((resolve) => {
      connect({ host: 'backend.test', port: 1, lookup: guard.lookup }).on('error', resolve);
    });
    expect(error).toMatchObject({ code: 'ERR_ADDRESS_REFUSED', message: 'the address may not be called from here' });
  });
});
