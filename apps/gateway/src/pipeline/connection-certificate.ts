import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { thumbprintOf } from '../apis/thumbprint.js';

/** The certificate that a client showed in the handshake; TLS has proved that it holds the private key. */
export interface ConnectionCertificate {
  /** With the rest of the chain as sent behind `issuerCertificate`: Node hands that out to the first who asks, and only once. */
  readonly certificate: X509Certificate;
  readonly der: Buffer;
  /** SHA-256, base64url (RFC 8705 section 3.1). */
  readonly thumbprint: string;
}

const seen = new WeakMap<Socket, ConnectionCertificate>();

/** Undefined when the client showed none, or was not asked; whose certificate it is says nobody here. */
export function connectionCertificate(socket: Socket): ConnectionCertificate | undefined {
  const known = seen.get(socket);
  if (known !== undefined) return known;
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  if (certificate === undefined) return undefined;
  const shown = { certificate, der: certificate.raw, thumbprint: thumbprintOf(certificate.raw) };
  seen.set(socket, shown);
  return shown;
}
