import type { GatewayError } from '../../pipeline/gateway-errors.js';
import type { BackendAddress } from '../backend-address.js';

/** A request that is to be signed. */
export interface SignedRequest {
  readonly method: string;
  /** As sent, with the query. */
  readonly path: string;
  readonly address: BackendAddress;
  /** False when its body can be sent only once, so that credentials have to be right the first time. */
  readonly isReplayable: boolean;
}

/** A 401 of the backend. */
export interface Refusal {
  readonly address: BackendAddress;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** What was sent. */
  readonly authorization: string | undefined;
  readonly isReplayable: boolean;
  /** Its method has no effects. */
  readonly isSafe: boolean;
}

/** What the gateway proves itself with to the backends of one endpoint. */
export interface BackendCredentials {
  /**
   * Value of Authorization, at once when it is known; undefined when the backend has to ask first. Throws or rejects
   * with a `GatewayError` when there is none to be had: a call never goes out without.
   */
  authorize(request: SignedRequest): string | undefined | Promise<string | undefined>;
  /** `again`: the same request with other credentials may succeed. `pass`: the answer is the client's. */
  refused(refusal: Refusal): 'again' | 'pass' | GatewayError;
}
