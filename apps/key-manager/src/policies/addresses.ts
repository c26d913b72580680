import { BlockList, isIP } from 'node:net';

/** IPv4 or IPv6, without a zone: those who call have none that means anything here. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** Whether the two begin and end a range: of one family, and in order. */
export function isAddressRange(first: string, last: string): boolean {
  const family = isIP(first);
  if (!isAddress(first) || !isAddress(last) || family !== isIP(last)) return false;
  try {
    new BlockList().addRange(first, last, family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}
