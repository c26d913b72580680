import { dpopAlgorithms } from '@keygate/common/dpop';
import type { CompiledSecurity } from '../apis/compiled-security.js';

/** RFC 6750 section 3.1. */
export type BearerError = 'invalid_request' | 'invalid_token' | 'insufficient_scope';

const realm = 'Bearer realm="Keygate"';

/**
 * A WWW-Authenticate header as a list of name and value. Without `error` when no credentials were sent (RFC 6750
 * section 3.1); texts here are the gateway's own or scope names of the API, never anything the client sent.
 */
export function challenge(error?: BearerError, description?: string, scopes?: readonly string[]): readonly string[] {
  return ['WWW-Authenticate', bearerChallenge(error, description, scopes)];
}

/**
 * The challenges of all schemes an API takes, in one header: some clients look at the first only. What went wrong is said
 * of Bearer alone, where the API takes tokens.
 */
export function apiChallenge(
  { takesTokens, otherChallenges }: Pick<CompiledSecurity, 'takesTokens' | 'otherChallenges'>,
  error?: BearerError,
  description?: string,
): readonly string[] {
  if (!takesTokens) return ['WWW-Authenticate', otherChallenges];
  const bearer = bearerChallenge(error, description);
  return ['WWW-Authenticate', otherChallenges === '' ? bearer : `${bearer}, ${otherChallenges}`];
}

function bearerChallenge(error?: BearerError, description?: string, scopes?: readonly string[]): string {
  let value = realm;
  if (error !== undefined) value += `, error="${error}"`;
  if (description !== undefined) value += `, error_description="${quotable(description)}"`;
  if (scopes !== undefined && scopes.length > 0) value += `, scope="${quotable(scopes.join(' '))}"`;
  return value;
}

/** RFC 9449 section 7.1: what a client has to do, and with which algorithms. */
export function dpopChallenge(
  error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce',
  description?: string,
): readonly string[] {
  const text = description === undefined ? '' : `, error_description="${quotable(description)}"`;
  return ['WWW-Authenticate', `DPoP realm="Keygate", error="${error}"${text}, algs="${dpopAlgorithms.join(' ')}"`];
}

/** error_description and scope may hold neither quote nor backslash (RFC 6750 section 3). */
function quotable(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
