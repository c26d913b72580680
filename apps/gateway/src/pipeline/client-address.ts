import { isIP } from 'node:net';
import { headerValues } from './header-lines.js';

/** Longer chains are nobody's network. */
const maxHops = 32;

/**
 * Who calls, by `X-Forwarded-For` read from its end: the last address that no trusted proxy has. What stands before it
 * came from the client, who may write there what he likes. Something that is no address ends the reading.
 */
export function clientAddressOf(
  peerAddress: string,
  rawHeaders: readonly string[],
  isTrusted: (address: string) => boolean,
): string {
  let address = peerAddress;
  if (!isTrusted(address)) return address;
  const hops = headerValues(rawHeaders, 'x-forwarded-for').join(',').split(',').reverse();
  for (const hop of hops.slice(0, maxHops)) {
    const next = withoutPort(hop.trim());
    if (isIP(next) === 0) return address;
    address = next.toLowerCase().startsWith('::ffff:') && isIP(next.slice(7)) === 4 ? next.slice(7) : next;
    if (!isTrusted(address)) return address;
  }
  return address;
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  if (text.startsWith('[')) return text.slice(1, text.indexOf(']'));
  const colon = text.indexOf(':');
  return colon > 0 && colon === text.lastIndexOf(':') ? text.slice(0, colon) : text;
}
