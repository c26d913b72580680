import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Range = readonly [address: string, prefix: number];

/** Never asked, whatever the settings: multicast, nowhere. */
const neverAsked: readonly Range[] = [
  ['0.0.0.0', 8],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['ff00::', 8],
];

/** Link-local, and where cloud machines read their credentials. */
const linkLocal: readonly Range[] = [
  ['169.254.0.0', 16],
  ['192.0.0.192', 32],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  // The same behind NAT64 (RFC 6052), which turns them into IPv4 again.
  ['64:ff9b::a9fe:0', 112],
];

/** IPv4 networks that are not the public Internet (RFC 6890). */
const privateNetworks: readonly Range[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
];

/** IPv6: all but 2000::/3, and what of it carries IPv4 addresses inside (RFC 3056, 4380) or is for documentation. */
const privateNetworks6: readonly Range[] = [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const never = blockList(neverAsked);
const local = blockList(linkLocal);
const notPublic = blockList(privateNetworks);
// A list of its own: `::/3` holds ::ffff:0:0/96, and with it Node would find every IPv4 address in it.
const notPublic6 = blockList(privateNetworks6);
const loopback = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

/**
 * Whether an address may be asked for a document that somebody else named (server-side request forgery). Judged by
 * address, after the name is resolved: a name says nothing about where it leads.
 */
export function isAllowedAddress(address: string, allowPrivateNetworks: boolean, allowLinkLocal = false): boolean {
  if (!isIPv4(address) && !isIPv6(address)) return false;
  if (listed(never, address)) return false;
  if (listed(local, address)) return allowLinkLocal;
  return allowPrivateNetworks || !listed(isIPv4(address) ? notPublic : notPublic6, address);
}

/** This machine itself. */
export const isLoopback = (address: string): boolean => listed(loopback, address);

function listed(list: BlockList, address: string): boolean {
  // Node compares ::ffff:a.b.c.d with IPv4 ranges as a.b.c.d.
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

function blockList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}
