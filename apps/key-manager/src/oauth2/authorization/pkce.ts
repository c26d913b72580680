import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../token-hash.js';

/** What a client committed to in the authorization request (RFC 7636 §4.3). */
export interface CodeChallenge {
  readonly method: 'S256' | 'plain';
  readonly challenge: string;
}

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
const verifierText = /^[A-Za-z0-9\-._~]{43,128}$/;
/** The base64url of a SHA-256 is 43 characters, of which the last carries four bits only. */
const s256Text = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Whether a challenge can be one of its method at all; a malformed one could never be met. */
export function isChallenge({ method, challenge }: CodeChallenge): boolean {
  return (method === 'S256' ? s256Text : verifierText).test(challenge);
}

/**
 * RFC 7636 §4.6. A code that was asked for without a challenge takes no verifier: otherwise whoever strips the challenge
 * from a request could bring a verifier of their own, and the client would believe it was protected (RFC 9700 §2.1.1).
 */
export function isVerified(challenge: CodeChallenge | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === undefined && verifier === undefined;
  if (!verifierText.test(verifier)) return false;
  const transformed = challenge.method === 'S256' ? sha256(verifier).toString('base64url') : verifier;
  // Over digests, which have one length whatever was sent.
  return timingSafeEqual(sha256(transformed), sha256(challenge.challenge));
}
