import { createHash } from 'node:crypto';
import type { Exchange } from '../pipeline/exchange.js';
import { GatewayError } from '../pipeline/gateway-errors.js';
import { countHeader, findHeader, headerValues } from '../pipeline/header-lines.js';

/** Refuses what is no WebSocket handshake, or one of another version (RFC 6455 section 4.2.1). */
export function checkHandshake({ method, rawHeaders }: Exchange): void {
  if (method !== 'GET') refuse('A WebSocket handshake is a GET.');
  const length = findHeader(rawHeaders, 'content-length');
  const hasBody = (length !== undefined && length !== '0') || findHeader(rawHeaders, 'transfer-encoding') !== undefined;
  if (hasBody) refuse('A WebSocket handshake has no body.');
  for (const name of ['sec-websocket-key', 'sec-websocket-version', 'upgrade']) {
    if (countHeader(rawHeaders, name) > 1) refuse(`${name} was sent more than once.`);
  }
  if (findHeader(rawHeaders, 'sec-websocket-version') !== '13') {
    throw new GatewayError('upgradeRequired', {
      description: 'This gateway speaks version 13 of the WebSocket protocol.',
      headers: ['Upgrade', 'websocket', 'Sec-WebSocket-Version', '13'],
    });
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(findHeader(rawHeaders, 'sec-websocket-key') ?? '')) {
    refuse('Sec-WebSocket-Key is missing or malformed.');
  }
}

/** Browsers say which page opens a connection, and let any page do so; other clients say nothing. */
export function checkOrigin({ rawHeaders }: Exchange, allowedOrigins: ReadonlySet<string>): void {
  if (allowedOrigins.size === 0) return;
  const [origin, ...more] = headerValues(rawHeaders, 'origin');
  if (origin === undefined) return;
  if (more.length > 0 || !allowedOrigins.has(origin.toLowerCase())) throw new GatewayError('originRefused');
}

/** Only what this gateway can look through: another extension could change what a frame is. */
export function compressionOffers(rawHeaders: readonly string[]): string | undefined {
  const offers = headerValues(rawHeaders, 'sec-websocket-extensions')
    .flatMap((value) => value.split(','))
    .map((offer) => offer.trim())
    .filter(isCompression);
  return offers.length === 0 ? undefined : offers.join(', ');
}

const isCompression = (extension: string) => /^permessage-deflate(?:\s*;|$)/i.test(extension);

export interface Agreement {
  readonly isCompressed: boolean;
  /** Compressed messages refer to the ones before them, so that none can be left out (RFC 7692 section 7.1.1). */
  readonly keepsContext: boolean;
}

/** What the backend agreed to; undefined when it answered something that was not asked (RFC 6455 section 4.1). */
export function agreement(asked: readonly string[], answered: readonly string[]): Agreement | undefined {
  const key = findHeader(asked, 'sec-websocket-key') ?? '';
  if (findHeader(answered, 'sec-websocket-accept') !== acceptOf(key)) return undefined;
  if (findHeader(answered, 'upgrade')?.toLowerCase() !== 'websocket') return undefined;
  const protocols = headerValues(answered, 'sec-websocket-protocol');
  const offered = headerValues(asked, 'sec-websocket-protocol').flatMap((value) => value.split(/\s*,\s*/));
  if (protocols.length > 1 || protocols.some((chosen) => !offered.includes(chosen))) return undefined;
  const extensions = headerValues(answered, 'sec-websocket-extensions');
  const isOffered = findHeader(asked, 'sec-websocket-extensions') !== undefined;
  if (extensions.length > 1 || extensions.some((one) => !isOffered || one.includes(',') || !isCompression(one))) {
    return undefined;
  }
  const [compression] = extensions;
  return {
    isCompressed: compression !== undefined,
    keepsContext: compression !== undefined && !isIndependent(compression),
  };
}

const isIndependent = (extension: string) =>
  /;\s*server_no_context_takeover\s*(?:;|$)/i.test(extension) &&
  /;\s*client_no_context_takeover\s*(?:;|$)/i.test(extension);

const acceptOf = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

function refuse(description: string): never {
  throw new GatewayError('badRequest', { description });
}
