import { createHash } from 'node:crypto';

/** SHA-256 of a certificate, base64url (RFC 8705 section 3.1). */
export function thumbprintOf(der: Buffer): string {
  return createHash('sha256').update(der).digest('base64url');
}
