import { isIPv4, isIPv6 } from 'node:net';

/**
 * An address as text whose order is the order of addresses: `4` and eight hex digits, or `6` and thirty-two. An IPv4
 * client of a dual-stack listener (`::ffff:192.0.2.1`) is an IPv4 client.
 */
export type AddressKey = string;

export interface AddressRange {
  readonly first: AddressKey;
  readonly last: AddressKey;
}

export interface AddressSet {
  /** False for what is no address. */
  has(address: string): boolean;
}

/** Undefined for what is no address. */
export function addressKey(text: string): AddressKey | undefined {
  if (isIPv4(text)) return `4${ipv4Digits(text)}`;
  if (!isIPv6(text)) return undefined;
  const digits = ipv6Digits(text.includes('%') ? text.slice(0, text.indexOf('%')) : text);
  return digits.startsWith(mapped) ? `4${digits.slice(mapped.length)}` : `6${digits}`;
}

const mapped = '00000000000000000000ffff';

function ipv4Digits(text: string): string {
  return text
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
}

function ipv6Digits(text: string): string {
  const [head = '', tail] = text.split('::');
  const left = groupsOf(head);
  if (tail === undefined) return left;
  const right = groupsOf(tail);
  return left + '0'.repeat(32 - left.length - right.length) + right;
}

function groupsOf(text: string): string {
  if (text === '') return '';
  return text
    .split(':')
    .map((group) => (group.includes('.') ? ipv4Digits(group) : group.padStart(4, '0').toLowerCase()))
    .join('');
}

/** Both ends belong to it. Undefined unless both are addresses of one family, in order. */
export function addressRange(first: string, last: string): AddressRange | undefined {
  const [low, high] = [addressKey(first), addressKey(last)];
  if (low === undefined || high === undefined || low.length !== high.length || low > high) return undefined;
  return { first: low, last: high };
}

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function networkRange(text: string): AddressRange | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  const key = addressKey(address);
  if (key === undefined || more.length > 0) return undefined;
  if (prefix === undefined) return { first: key, last: key };
  const bits = (key.length - 1) * 4;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  const free = (1n << BigInt(bits - Number(prefix))) - 1n;
  const value = BigInt(`0x${key.slice(1)}`);
  const text16 = (number: bigint) => key.charAt(0) + number.toString(16).padStart(key.length - 1, '0');
  return { first: text16(value & ~free), last: text16(value | free) };
}

export function isWithin({ first, last }: AddressRange, key: AddressKey): boolean {
  return key >= first && key <= last && key.length === first.length;
}

/** Throws for what is neither an address nor a network: settings have been checked before. */
export function addressSet(networks: readonly string[]): AddressSet {
  const ranges = networks.map((text) => {
    const range = networkRange(text);
    if (range === undefined) throw new Error(`${text} is neither an address nor a network`);
    return range;
  });
  return {
    has: (address) => {
      const key = addressKey(address);
      return key !== undefined && ranges.some((range) => isWithin(range, key));
    },
  };
}
