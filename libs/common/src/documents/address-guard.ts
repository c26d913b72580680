import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isAllowedAddress } from './allowed-address.js';

export interface AddressRules {
  /** This machine itself and private networks (RFC 6890). */
  readonly allowPrivateNetworks: boolean;
  /** Link-local and cloud metadata addresses, where machines read their credentials. */
  readonly allowLinkLocal?: boolean;
}

/** A connection to this address is not opened, whoever named it. The message never holds the address. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'ERR_ADDRESS_REFUSED';

  constructor() {
    super('the address may not be called from here');
  }
}

/** Keeps configured URLs from leading where only this machine can go (server-side request forgery). */
export interface AddressGuard {
  allows(address: string): boolean;
  /**
   * For `net.connect`, `tls.connect`, `http.request` and undici's `connect`: judges the very addresses that are then
   * connected to, so a name that resolves differently a moment later (DNS rebinding) gains nothing. One address that
   * is refused refuses the name: it leads inside.
   */
  readonly lookup: LookupFunction;
  /** Throws `AddressRefused` for an IP address in place of a name: Node does not look those up. */
  checkHost(host: string): void;
}

export function createAddressGuard(
  { allowPrivateNetworks, allowLinkLocal = false }: AddressRules,
  resolve: typeof systemLookup = systemLookup,
): AddressGuard {
  const allows = (address: string) => isAllowedAddress(address, allowPrivateNetworks, allowLinkLocal);
  return {
    allows,
    lookup(host, options, answer) {
      resolve(host, { ...options, all: true }, (error, addresses) => {
        const [first] = addresses ?? [];
        if (error !== null) answer(error, '');
        else if (first === undefined || !addresses.every(({ address }) => allows(address))) {
          answer(new AddressRefused(), '');
        } else if (options.all === true) answer(null, addresses);
        else answer(null, first.address, first.family);
      });
    },
    checkHost(host) {
      const address = host.replace(/^\[|\]$/g, '');
      if (isIP(address) !== 0 && !allows(address)) throw new AddressRefused();
    },
  };
}
