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
  /** For audit events only; nothing is decided by it. */
  readonly clientAddress: string;
}
