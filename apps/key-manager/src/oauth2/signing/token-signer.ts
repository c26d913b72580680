import type { SigningAlgorithm } from './jws.js';

export interface JwtToSign {
  /** `at+jwt` for an access token (RFC 9068 §2.1), `JWT` for an id_token. */
  readonly typ: string;
  /** The server's choice when absent. */
  readonly alg?: SigningAlgorithm | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Until then, milliseconds since the epoch, the public key stays published. */
  readonly expiresAt: number;
}

/** Signs with the active key of an algorithm. */
export interface TokenSigner {
  sign(jwt: JwtToSign): Promise<string>;
}
