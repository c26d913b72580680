import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { thumbprintOf } from '../apis/thumbprint.js';

/** The certificate that a client showed in the handshake; TLS has proved that it holds the private key. */
export interface ConnectionCertificate {
  readonly der: Buffer;
  /** SHA-256, base64url (RFC 8705 section 3.1). */
  readonly thumbprint: string;
}

const seen = new WeakMap<Socket, ConnectionCertificate>();

/** Undefined when the client showed none, or was not asked; whose certificate it is says nobody here. */
export function connectionCertificate(socket: Socket): ConnectionCertificate | undefined {
  const known = seen.get(socket);
  if (known !== undefined) return known;
  const der = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw;
  if (der === undefined) return undefined;
  const certificate = { der, thumbprint: thumbprintOf(der) };
  seen.set(socket, certificate);
  return certificate;
}
