import { createHash } from 'node:crypto';
import type { ClientRequest } from './client-request.js';
import type { DpopProofs } from './dpop-proof.js';
import { InvalidDpopProof, InvalidRequest } from './errors.js';
import type { Client, Confirmation } from './model.js';

/**
 * What the tokens of this request are bound to: the certificate, if the client registered that it wants it (RFC 8705
 * §3.4), or the key of the DPoP proof that was sent (RFC 9449 §5). Throws an `OAuthError`.
 */
export async function senderConstraint(
  request: ClientRequest,
  { metadata }: Client,
  dpop: DpopProofs | undefined,
): Promise<Confirmation | undefined> {
  // Never silently unbound: the client relies on a stolen token being of no use.
  if (metadata.tlsClientCertificateBoundAccessTokens) {
    if (request.dpop !== undefined)
      throw new InvalidRequest('A token is bound to a certificate or to a key, not to both.');
    if (!request.clientCertificate) throw new InvalidRequest('A client certificate is needed.');
    return certificateConfirmation(request.clientCertificate);
  }
  if (request.dpop === undefined && !metadata.dpopBoundAccessTokens) return undefined;
  if (!dpop) throw new InvalidDpopProof();
  return { method: 'jkt', thumbprint: await dpop.prove(request) };
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
