import { createHmac } from 'node:crypto';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { subkey } from '../../oauth2/subkey.js';
import { fullUserName, parseUserName } from '../user-name.js';
import type { AttemptSource } from './login-attempts.js';

/**
 * Who tries from where, as keyed digests: what lies in Redis tells neither names nor addresses, and does not differ for
 * names that nobody has. `sharedNetworks` are addresses and CIDR ranges of proxies and application servers.
 */
export function createSources(
  serverKey: Buffer,
  sharedNetworks: readonly string[],
): (username: string, clientAddress: string) => AttemptSource {
  const key = subkey(serverKey, 'login-throttle');
  const shared = blockListOf(sharedNetworks);
  const digest = (...parts: string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest().subarray(0, 16).toString('base64url');
  return (username, clientAddress) => {
    const network = networkOf(clientAddress);
    // Without case, also where names have it: an attacker must not get a fresh count by spelling a name differently.
    const name = fullUserName(parseUserName(username)).toLowerCase();
    return {
      login: digest('login', network, name),
      network: isListed(shared, clientAddress) ? undefined : digest('network', network),
    };
  };
}

/**
 * The IPv4 address or the IPv6 /64: what one subscriber has for certain. A larger IPv4 range would make neighbours pay,
 * and a single IPv6 address is one of 2^64 that the same subscriber can choose from.
 */
export function networkOf(clientAddress: string): string {
  const address = withoutZone(clientAddress);
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'unknown';
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [groups[6] ?? 0, groups[7] ?? 0].flatMap((group) => [group >> 8, group & 255]).join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** Whether a setting can be read as an address or a CIDR range. */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return (
    rest.length === 0 && bits > 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function isListed(list: BlockList, clientAddress: string): boolean {
  const address = withoutZone(clientAddress);
  if (isIPv4(address)) return list.check(address, 'ipv4');
  return isIPv6(address) && list.check(address, 'ipv6');
}

const withoutZone = (address: string) => address.split('%', 1)[0] ?? '';

/** The eight groups of an IPv6 address that Node takes for one. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted ? `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}` : address;
  const [head = [], tail = []] = plain.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

const hexPair = (high = '0', low = '0') => (Number(high) * 256 + Number(low)).toString(16);
