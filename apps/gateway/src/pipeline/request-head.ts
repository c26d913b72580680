import { GatewayError } from './gateway-errors.js';
import { isNamed } from './header-lines.js';

/**
 * Refuses heads that could be read in two ways, in one pass over the headers. Node's parser has already refused
 * malformed framing; what is left are the things it lets through.
 */
export function checkHead(rawHeaders: readonly string[], majorVersion: number, minorVersion: number): void {
  let host: string | undefined;
  let isChunked = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    switch (name.length) {
      case 4:
      case 10:
        if (name === ':authority' || isNamed(name, 'host')) {
          const value = rawHeaders[i + 1] as string;
          // Two Hosts: a cache or firewall in front may have believed the other one (RFC 9112 section 3.2).
          if (host !== undefined && (majorVersion < 2 || host !== value)) refuse('More than one Host was sent.');
          host = value;
        }
        break;
      case 17:
        if (isNamed(name, 'transfer-encoding')) {
          const isKnown = !isChunked && (rawHeaders[i + 1] as string).toLowerCase() === 'chunked';
          if (!isKnown) refuse('Transfer-Encoding must be "chunked".');
          isChunked = true;
        }
    }
  }
  if (host === undefined ? majorVersion > 1 || minorVersion > 0 : !validHost.test(host))
    refuse('Host is missing or malformed.');
  // Chunked does not exist in HTTP/1.0; a 1.0 hop before us may have framed the body otherwise (RFC 9112 section 6.1).
  if (majorVersion === 0 || (isChunked && minorVersion === 0)) refuse('The HTTP version does not allow this framing.');
}

const validHost = /^(?:[\w.~!$&'()*+,;=%-]*|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/;

function refuse(description: string): never {
  throw new GatewayError('badRequest', { description });
}
