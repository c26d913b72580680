import type { Parameter } from './parameters.js';

/** What a client sent to an endpoint of the authorization server, unjudged. */
export interface ClientRequest {
  /** The form or JSON members in the order sent, repeated names included. */
  readonly parameters: readonly Parameter[];
  /**
   * The Authorization header as sent. Two such headers are joined with `, ` (RFC 9110 §5.3), never dropped: the core
   * refuses them.
   */
  readonly authorization: string | undefined;
  /** The address of the other end of the connection: for audit events and the throttling of logins. */
  readonly clientAddress: string;
  /** The DPoP header as sent (RFC 9449 §4.1); two are joined with `, `. */
  readonly dpop?: string | undefined;
  /** The certificate that the client showed in the TLS handshake, DER; whom it names is for the core to judge. */
  readonly clientCertificate?: Buffer | undefined;
  /** Method and URL (without query) of the request as the edge knows itself, for DPoP proofs; absent: none are taken. */
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}
