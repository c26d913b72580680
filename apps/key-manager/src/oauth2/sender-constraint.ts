import { createHash } from 'node:crypto';
import type { ClientRequest } from './client-request.js';
import { InvalidRequest } from './errors.js';
import type { Client, Confirmation } from './model.js';

/** What the tokens of this request are bound to, if the client wants them bound. Throws `InvalidRequest`. */
export function senderConstraint(request: ClientRequest, client: Client): Confirmation | undefined {
  if (!client.metadata.tlsClientCertificateBoundAccessTokens) return undefined;
  // Never silently unbound: the client relies on a stolen token being of no use.
  if (!request.clientCertificate) throw new InvalidRequest('A client certificate is needed.');
  return certificateConfirmation(request.clientCertificate);
}

/** RFC 8705 §3.1: the SHA-256 of the certificate's DER. */
export function certificateConfirmation(der: Buffer): Confirmation {
  return { method: 'x5t#S256', thumbprint: createHash('sha256').update(der).digest('base64url') };
}

/** Whether two are the same; a token that is bound to nothing matches nothing here. */
export function isSameConfirmation(one: Confirmation, other: Confirmation | undefined): boolean {
  return one.method === other?.method && one.thumbprint === other.thumbprint;
}

/** RFC 9449 §5: what a client must write before the token. */
export const tokenTypeOf = (confirmation: Confirmation | undefined) =>
  confirmation?.method === 'jkt' ? 'DPoP' : 'Bearer';
